import { describe, isTrue, condition, type KubeObject, text } from "../../../shared/kube/objects";
import { clusterNodes, type GateFacts, movingOfKind } from "../facts";
import { type Finding, refusal, unsettled, warning } from "../findings";

/** Every machine runs, and its node is ready. clusterctl itself asks for no more than a node reference. */
export function checkMachines(facts: GateFacts): Finding[] {
  const nodes = clusterNodes(facts);
  const byName = nodes && new Map(nodes.map((node) => [node.metadata.name, node]));
  return movingOfKind(facts, "Machine").flatMap((machine) => {
    const phase = text(machine, "status", "phase") ?? "new";
    const name = text(machine, "status", "nodeRef", "name");
    if (phase !== "Running" || name === undefined) {
      return [
        unsettled(
          describe(machine),
          `is ${phase}${name === undefined ? " and has no node" : ""}`,
          "wait until the machine runs, or scale its owner down",
        ),
      ];
    }
    return byName ? assessNode(machine, name, byName.get(name)) : [];
  });
}

function assessNode(machine: KubeObject, name: string, node: KubeObject | undefined): Finding[] {
  if (!node) {
    return [
      unsettled(
        describe(machine),
        `its node ${name} is not in the cluster`,
        "wait until the machine is replaced or its node is back",
      ),
    ];
  }
  return isTrue(node, "Ready")
    ? []
    : [
        unsettled(
          `Node ${name}`,
          `is not ready (${condition(node, "Ready")?.message ?? "it reports nothing"})`,
          "wait until it is, or mend it",
        ),
      ];
}

/** Seconds after which a Metal3Machine that no Machine names is left over: Cluster API makes the Machine right after it. */
const machineFollowsSeconds = 30;

/** Only a provider ID made of names survives a move; one made of a UID does not, because UIDs change. */
export function checkProviderIDs(facts: GateFacts): Finding[] {
  const wanted = new Set(
    movingOfKind(facts, "Machine").map((machine) => text(machine, "spec", "infrastructureRef", "name")),
  );
  const nodes = clusterNodes(facts);
  const ids = nodes && new Set(nodes.map((node) => text(node, "spec", "providerID")));
  return movingOfKind(facts, "Metal3Machine").flatMap((machine) => {
    const object = describe(machine);
    const id = text(machine, "spec", "providerID");
    if (id === undefined && !wanted.has(machine.metadata.name)) {
      return [leftOver(machine, facts.readAt)];
    }
    if (id === undefined) {
      return [unsettled(object, "has no providerID", "wait until CAPM3 has found its node")];
    }
    if (!/^metal3:\/\/[^/]+\/[^/]+\/[^/]+$/.test(id)) {
      return [
        refusal(
          object,
          `has the providerID ${id}`,
          "the node's provider-id must be metal3://<namespace>/<host>/<machine>",
        ),
      ];
    }
    return ids === undefined || ids.has(id)
      ? []
      : [
          unsettled(
            object,
            `no node has its providerID ${id}`,
            "set the kubelet's provider-id to the same value",
          ),
        ];
  });
}

/**
 * What Cluster API leaves when making a machine fails half-way ("failed to remove managedFields"): it starts again with another
 * name, and does not take this one away. It has no machine and no host, and goes with its MachineSet.
 */
function leftOver(machine: KubeObject, readAt: number): Finding {
  const object = describe(machine);
  const age = (readAt - Date.parse(machine.metadata.creationTimestamp ?? "")) / 1000;
  return age >= machineFollowsSeconds
    ? warning(
        object,
        "belongs to no Machine: it is left over from a failed attempt to make one, and moves along",
        `kubectl -n ${machine.metadata.namespace} delete metal3machine ${machine.metadata.name}`,
      )
    : unsettled(object, "has no Machine yet", "wait until Cluster API has made it");
}
