import { condition, count, describe, type KubeObject } from "../../../shared/kube/objects";
import { type GateFacts, movingOfKind } from "../facts";
import { type Finding, unsettled } from "../findings";

/** Nothing scales, nothing rolls out, and the controllers have seen the last change. */
export function checkReplicas(facts: GateFacts): Finding[] {
  return movingOfKind(facts, "KubeadmControlPlane", "MachineDeployment").flatMap(assess);
}

function assess(owner: KubeObject): Finding[] {
  const wanted = count(owner, "spec", "replicas") ?? 1;
  const numbers = (["replicas", "readyReplicas", "upToDateReplicas"] as const).map(
    (name) => [name, count(owner, "status", name) ?? 0] as const,
  );
  const off = numbers.filter(([, value]) => value !== wanted);
  const observed = count(owner, "status", "observedGeneration") ?? 0;
  if (off.length === 0 && observed >= (owner.metadata.generation ?? 0)) {
    return [];
  }
  const reason = condition(owner, "RollingOut")?.message ?? condition(owner, "Available")?.message;
  return [
    unsettled(
      describe(owner),
      `wants ${wanted} replicas and reports ${numbers.map(([name, value]) => `${name} ${value}`).join(", ")}${reason ? ` (${reason})` : ""}`,
      "wait until the rollout is over",
    ),
  ];
}
