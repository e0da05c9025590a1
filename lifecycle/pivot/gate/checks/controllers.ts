import { isDeploymentReady } from "../../../providersInit/managers";
import { unreadyPods } from "../../../shared/kube/evidence";
import { describe, field, type KubeObject, text } from "../../../shared/kube/objects";
import { type GateFacts, sidesOf, type SideFacts } from "../facts";
import { type Finding, unsettled, warning } from "../findings";
import { isIronic } from "./ironic";

/**
 * The controllers of both sides run: the target's take over, the source's CAPM3 writes the hosts' statuses once the Cluster
 * is paused. Ironic is judged by itself.
 */
export function checkControllers(facts: GateFacts): Finding[] {
  const { scope } = facts;
  return sidesOf(facts).flatMap((side) =>
    side.deployments
      .filter((deployment) => !isIronic(deployment) && !isDeploymentReady(deployment))
      // An attempt before this one has stopped the source's operator, as this one will.
      .filter(
        ({ metadata }) =>
          !(side.name === "source" && scope.resumed && metadata.name === scope.operatorDeployment),
      )
      .map((deployment) => unavailable(deployment, side)),
  );
}

function unavailable(deployment: KubeObject, side: SideFacts): Finding {
  const why = unreadyPods(podsOf(deployment, side.pods));
  return unsettled(
    `${describe(deployment)} on the ${side.name}`,
    `is not available${why.length > 0 ? ` (${why.join("; ")})` : ""}`,
    "its pods must run; look at their events and logs",
  );
}

function podsOf(deployment: KubeObject, pods: readonly KubeObject[]): KubeObject[] {
  const labels = Object.entries(
    (field(deployment, "spec", "selector", "matchLabels") ?? {}) as Record<string, string>,
  );
  return pods.filter(
    ({ metadata }) =>
      metadata.namespace === deployment.metadata.namespace &&
      labels.every(([key, value]) => metadata.labels?.[key] === value),
  );
}

/** Seconds in which a restart makes one wait, and in which one is worth a word. */
const restartSeconds = { wait: 30, warn: 600 } as const;

/** API servers, their stores and the controllers have not restarted lately: what fell over just now may do so again. */
export function checkRestarts(facts: GateFacts): Finding[] {
  return sidesOf(facts).flatMap((side) =>
    [...side.controlPlanePods, ...side.pods].flatMap((pod) =>
      assessRestart(pod, side.name, facts.readAt, side.controlPlanePods.includes(pod)),
    ),
  );
}

function assessRestart(pod: KubeObject, side: string, now: number, ofControlPlane: boolean): Finding[] {
  const statuses = (field(pod, "status", "containerStatuses") ?? []) as unknown[];
  return statuses.flatMap((status) => {
    const ended = Date.parse(text(status, "lastState", "terminated", "finishedAt") ?? "");
    const seconds = Math.max(0, Math.round((now - ended) / 1000));
    if (Number.isNaN(ended) || seconds > restartSeconds.warn) {
      return [];
    }
    const object = `${describe({ ...pod, kind: "Pod" })} on the ${side}`;
    const reason = `its container ${text(status, "name")} restarted ${seconds} s ago (${text(status, "lastState", "terminated", "reason") ?? "no reason given"})`;
    const remedy = "look at the log of the container before the restart";
    return ofControlPlane && isStore(text(status, "name")) && seconds <= restartSeconds.wait
      ? [unsettled(object, reason, remedy)]
      : [warning(object, reason, remedy)];
  });
}

function isStore(container: string | undefined): boolean {
  return container === "kube-apiserver" || container === "etcd";
}
