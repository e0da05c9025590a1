import { type IronicNode, nodeName } from "../shared/ironicNodes";
import { describe, type KubeObject, text } from "../shared/kube/objects";
import { detachedAnnotation, isConsumed, isPausedByUser } from "./hostAnnotations";

/** What Ironic's nodes say of the hosts that have moved. */
export interface NodesVerdict {
  /** Why the move is not over yet, one reason each; empty when it is. */
  readonly reasons: readonly string[];
  /** Hosts whose node waits for the operator to adopt it: it comes by only every ten seconds. */
  readonly waiting: readonly KubeObject[];
}

/** States of a host that runs something. */
const usedStates = new Set(["provisioned", "externally provisioned"]);

/** States of a spare host's node in which nothing is done to the host: being registered, registered, and ready for use. */
const restStates = new Set(["enroll", "verifying", "manageable", "available"]);

/**
 * Compares hosts with the nodes of their new Ironic, whose database was empty: the operator registers each host there anew, and
 * adopts those in use, which leads to "active" without a reboot. A node that is inspected, cleaned or written instead is a
 * host that is about to be rebooted or wiped. Hosts that their user has paused or detached are not registered. Pure.
 *
 * @param hosts BareMetalHosts.
 */
export function assessNodes(hosts: readonly KubeObject[], nodes: readonly IronicNode[]): NodesVerdict {
  const reasons: string[] = [];
  const waiting: KubeObject[] = [];
  const byID = new Map(nodes.map((node) => [node.uuid, node]));
  const byName = new Map(nodes.map((node) => [node.name, node]));
  for (const host of hosts.filter(isManaged)) {
    const namesake = byName.get(nodeName(host.metadata.namespace ?? "", host.metadata.name));
    if (isUsed(host)) {
      const node = byID.get(text(host, "status", "provisioning", "ID") ?? "");
      reasons.push(...assessUsed(host, node, namesake));
      if (node?.provision_state === "manageable") {
        waiting.push(host);
      }
    } else if (namesake && !restStates.has(namesake.provision_state)) {
      reasons.push(`spare ${describe(host)}: ${nodeText(namesake)}`);
    }
  }
  return { reasons, waiting };
}

function assessUsed(
  host: KubeObject,
  node: IronicNode | undefined,
  namesake: IronicNode | undefined,
): string[] {
  const name = describe(host);
  if (!node) {
    return [
      namesake
        ? `${name} does not know its node in Ironic yet: ${nodeText(namesake)}`
        : `${name} is not registered with Ironic yet`,
    ];
  }
  if (node.provision_state !== "active") {
    return [`${name}: ${nodeText(node)} instead of "active"`];
  }
  return node.maintenance ? [`${name}: ${nodeText(node)} in maintenance`] : [];
}

/** The node in words, with Ironic's own reasons. */
function nodeText({ uuid, provision_state, last_error, maintenance_reason }: IronicNode): string {
  const why = last_error ?? maintenance_reason;
  return `node ${uuid} is "${provision_state}"${why ? ` (${why})` : ""}`;
}

function isUsed(host: KubeObject): boolean {
  return isConsumed(host) || usedStates.has(text(host, "status", "provisioning", "state") ?? "");
}

function isManaged(host: KubeObject): boolean {
  return (
    text(host, "spec", "bmc", "address") !== undefined &&
    !isPausedByUser(host) &&
    !(detachedAnnotation in (host.metadata.annotations ?? {}))
  );
}
