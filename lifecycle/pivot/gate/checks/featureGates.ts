import { describe, field, type KubeObject, text } from "../../../shared/kube/objects";
import type { GateFacts } from "../facts";
import { type Finding, refusal, warning } from "../findings";

/** Label that clusterctl's providers carry. */
const providerLabel = "cluster.x-k8s.io/provider";

/**
 * Feature gates are equal. A gate that is on for the source only makes the target's webhooks refuse objects, or its
 * controllers ignore them, after the source has been paused.
 */
export function checkFeatureGates({ source, target }: GateFacts): Finding[] {
  if (!target) {
    return [];
  }
  return source.deployments.flatMap((deployment) => {
    const provider = deployment.metadata.labels?.[providerLabel];
    const twin = target.deployments.find(
      ({ metadata }) => provider !== undefined && metadata.labels?.[providerLabel] === provider,
    );
    return twin ? compareGates(describe(twin), featureGates(deployment), featureGates(twin)) : [];
  });
}

function compareGates(
  object: string,
  source: Readonly<Record<string, string>>,
  target: Readonly<Record<string, string>>,
): Finding[] {
  const names = [...new Set([...Object.keys(source), ...Object.keys(target)])].sort();
  const onlySource = names.filter((name) => source[name] === "true" && target[name] !== "true");
  const others = names.filter((name) => !onlySource.includes(name) && source[name] !== target[name]);
  const list = (gates: readonly string[]) =>
    gates
      .map((name) => `${name} is ${target[name] ?? "unset"}, and ${source[name] ?? "unset"} on the source`)
      .join(", ");
  return [
    ...(onlySource.length === 0
      ? []
      : [
          refusal(
            `${object} on the target`,
            `has other feature gates: ${list(onlySource)}`,
            "initialize the target with the same feature gates",
          ),
        ]),
    ...(others.length === 0
      ? []
      : [
          warning(
            `${object} on the target`,
            `has other feature gates: ${list(others)}`,
            "give both sides the same feature gates, or the way back may be closed",
          ),
        ]),
  ];
}

/** The feature gates among a manager's arguments, by name. */
export function featureGates(deployment: KubeObject): Record<string, string> {
  const containers = (field(deployment, "spec", "template", "spec", "containers") ?? []) as unknown[];
  const manager = containers.find((container) => text(container, "name") === "manager") ?? containers[0];
  const args = (field(manager, "args") ?? []) as string[];
  const value = args
    .map(
      (argument, index) =>
        /^--feature-gates(?:=(.*))?$/.exec(argument) &&
        (argument.split("=").slice(1).join("=") || (args[index + 1] ?? "")),
    )
    .filter((found) => typeof found === "string")
    .join(",");
  return Object.fromEntries(
    value
      .split(",")
      .map((pair) => pair.split("="))
      .filter((pair) => pair.length === 2)
      .map(([name = "", setting = ""]) => [name.trim(), setting.trim().toLowerCase()]),
  );
}
