import type { Inventory } from "../inventory/read";
import { describe, type KubeObject, text } from "../shared/kube/objects";
import { missing } from "./classify";
import {
  blockMoveAnnotation,
  capm3Pause,
  ourPause,
  pausedAnnotation,
  statusAnnotation,
} from "./hostAnnotations";

/** What the world must look like after the move. */
export interface Arrival {
  /** What the source still holds; undefined when the source is gone. */
  readonly source?: Inventory;
  readonly target: Inventory;
  /** Nodes of the moved cluster. */
  readonly nodes: readonly KubeObject[];
  /** What was planned, if that is known. */
  readonly planned?: { readonly keys: readonly string[]; readonly bootIDs: Readonly<Record<string, string>> };
}

/** States in which a host may be after the move. */
const arrivedStates = new Set(["provisioned", "available", "ready", "externally provisioned"]);

/** Why the move is not over yet, one reason each; empty when it is. */
export function assessArrival({ source, target, nodes, planned }: Arrival): string[] {
  const reasons: string[] = [];
  const lost = missing(new Set(planned?.keys ?? []), target.keys);
  if (lost.length > 0) {
    reasons.push(`missing on the target: ${lost.join(", ")}`);
  }
  if (source && source.keys.size > 0) {
    reasons.push(`still on the source: ${[...source.keys].sort().join(", ")}`);
  }
  if (!target.cluster) {
    reasons.push("the target has no Cluster");
  } else if (target.paused) {
    reasons.push("the Cluster is paused on the target");
  }
  for (const object of target.moving) {
    if (object.kind === "BareMetalHost") {
      reasons.push(...assessHost(object));
    } else if (object.kind === "Machine") {
      reasons.push(...assessMachine(object, planned?.keys));
    }
  }
  for (const [name, bootID] of Object.entries(planned?.bootIDs ?? {})) {
    const now = text(
      nodes.find(({ metadata }) => metadata.name === name),
      "status",
      "nodeInfo",
      "bootID",
    );
    if (now === undefined) {
      reasons.push(`node ${name} is gone`);
    } else if (now !== bootID) {
      reasons.push(`node ${name} was rebooted`);
    }
  }
  return reasons;
}

function assessHost(host: KubeObject): string[] {
  const name = describe(host);
  const reasons: string[] = [];
  const annotations = host.metadata.annotations ?? {};
  const pause = annotations[pausedAnnotation];
  if (pause === ourPause || pause === capm3Pause) {
    reasons.push(`${name} is still paused`);
  }
  // A pause of the user's keeps the operator from reading the status; it waits there for as long.
  if (
    statusAnnotation in annotations &&
    (pause === undefined || pause === ourPause || pause === capm3Pause)
  ) {
    reasons.push(`${name} has not taken its status over`);
  }
  if (blockMoveAnnotation in annotations) {
    reasons.push(`${name} still blocks a move`);
  }
  const state = text(host, "status", "provisioning", "state") ?? "new";
  if (!arrivedStates.has(state) && pause === undefined) {
    reasons.push(`${name} is ${state}`);
  }
  const error = text(host, "status", "errorMessage");
  if (error !== undefined) {
    reasons.push(`${name} has a ${text(host, "status", "errorType") ?? "error"}: ${error}`);
  }
  return reasons;
}

function assessMachine(machine: KubeObject, planned: readonly string[] | undefined): string[] {
  const name = describe(machine);
  if (
    planned &&
    !planned.includes(`Machine.cluster.x-k8s.io ${machine.metadata.namespace}/${machine.metadata.name}`)
  ) {
    return [`${name} is new: the move has caused a rollout`];
  }
  const phase = text(machine, "status", "phase") ?? "new";
  const node = text(machine, "status", "nodeRef", "name");
  return phase === "Running" && node !== undefined
    ? []
    : [`${name} is ${phase}${node ? "" : " and has no node"}`];
}
