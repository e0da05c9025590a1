import { describe, field, type KubeObject, text } from "../../../shared/kube/objects";
import { unreadyPods } from "../../../shared/kube/evidence";
import type { GateFacts, SideFacts } from "../facts";
import { type Finding, refusal, unsettled, warning } from "../findings";
import { operatorOf } from "./providers";

/** Whether a Deployment or a pod is an Ironic: it has the container that Metal3's manifests and operator name so. */
export function isIronic(object: KubeObject): boolean {
  return ["spec", "template"].some((first) => {
    const containers =
      first === "template"
        ? field(object, "spec", "template", "spec", "containers")
        : field(object, "spec", "containers");
    return Array.isArray(containers) && containers.some((container) => text(container, "name") === "ironic");
  });
}

/** Ironic's pods of a side that have not ended. */
export function ironicPods({ pods }: SideFacts): KubeObject[] {
  return pods.filter(
    (pod) => isIronic(pod) && !["Succeeded", "Failed"].includes(text(pod, "status", "phase") ?? ""),
  );
}

/** A running Ironic of the target that is ready, which proves its address and its room. */
export function readyIronic(target: SideFacts): KubeObject | undefined {
  return ironicPods(target).find(
    (pod) => unreadyPods([pod]).length === 0 && text(pod, "status", "phase") === "Running",
  );
}

/** One Ironic, and on the target when the move begins: two of them on one wire wipe hosts. */
export function checkIronic(facts: GateFacts): Finding[] {
  const { scope, source, target } = facts;
  if (!target || isTestMode(facts)) {
    return [];
  }
  const [atSource, atTarget] = [source, target].map(ironicPods) as [KubeObject[], KubeObject[]];
  const names = (pods: readonly KubeObject[]) =>
    pods.map((pod) => describe({ ...pod, kind: "Pod" })).join(", ");
  if (atSource.length > 0 && atTarget.length > 0) {
    return [
      refusal(
        `${names(atSource)} on the source`,
        `runs while ${names(atTarget)} runs on the target: two Ironics on one network wipe hosts`,
        "scale the source's Ironic to 0 at once",
      ),
    ];
  }
  if (atSource.length > 0) {
    return scope.occasion === "rehearsal"
      ? [
          warning(
            `${names(atSource)} on the source`,
            "still runs; it is handed over before the move",
            "nothing: `pulumi up` does it",
          ),
        ]
      : [
          refusal(
            `${names(atSource)} on the source`,
            "still runs, and the source is about to lose its hosts",
            "hand Ironic over first: run `pulumi up` again",
          ),
        ];
  }
  if (atTarget.length === 0) {
    const absent = ["runs nowhere", "start the target's Ironic: `pulumi up` does it"] as const;
    return [(scope.occasion === "rehearsal" ? warning : unsettled)("Ironic", ...absent)];
  }
  return readyIronic(target)
    ? []
    : [
        unsettled(
          `${names(atTarget)} on the target`,
          `is not ready (${unreadyPods(atTarget).join("; ") || "no container reports"})`,
          "wait until it is; a missing provisioning interface or address is the usual cause",
        ),
      ];
}

/** The operator's test mode has no Ironic. */
export function isTestMode({ scope, target }: GateFacts): boolean {
  const operator = target && operatorOf(scope, target);
  const containers = (field(operator, "spec", "template", "spec", "containers") ?? []) as unknown[];
  return containers.some((container) =>
    ((field(container, "args") ?? []) as string[]).some((argument) => /^--test-mode(=true)?$/.test(argument)),
  );
}
