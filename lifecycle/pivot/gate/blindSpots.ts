import { text } from "../../shared/kube/objects";
import { readyIronic } from "./checks/ironic";
import { type GateFacts, movingOfKind, sidesOf } from "./facts";
import { bmcEndpoint } from "./reach";

/** What could not be looked at, one sentence each. A gate that says nothing of them would claim more than it knows. */
export function blindSpots(facts: GateFacts): string[] {
  const { target, bmcs } = facts;
  const spots: string[] = [];
  if (!target) {
    spots.push(
      "there is one management cluster only: providers, webhooks, room, leftovers and clocks of a target were not looked at",
    );
  } else {
    if (bmcs.kind === "not made") {
      spots.push(`whether the target's nodes reach the BMCs was not tried: ${bmcs.why}`);
    } else {
      spots.push(
        `BMCs were tried (${bmcs.results.filter(({ answers }) => answers).length} of ${bmcs.results.length} accept connections) from one node of the target only, that of ${bmcs.from}; Ironic may come to run on another`,
      );
    }
    if (!readyIronic(target)) {
      spots.push(
        "whether the provisioning interface is there and the endpoint address is free is proved by a running Ironic only; what the nodes report of their addresses is all that can be seen from the cluster",
      );
      spots.push("how much memory is free on the target's nodes is not known, only how much they offer");
    }
  }
  const unseen = movingOfKind(facts, "BareMetalHost").filter(
    (host) =>
      text(host, "spec", "bmc", "address") !== undefined &&
      bmcEndpoint(text(host, "spec", "bmc", "address") ?? "") === undefined,
  );
  if (unseen.length > 0) {
    spots.push(
      `BMCs without a TCP port (IPMI) cannot be tried by connecting: ${unseen.map(({ metadata }) => metadata.name).join(", ")}`,
    );
  }
  for (const side of sidesOf(facts)) {
    if (side.controlPlanePods.length === 0) {
      spots.push(
        `restarts of the ${side.name}'s API server are not seen: its control plane does not run in pods`,
      );
    }
    if (!side.clock) {
      spots.push(`the ${side.name}'s API server does not say what time it is`);
    }
  }
  return spots;
}
