import { type KubeObject, text } from "../../shared/kube/objects";
import { type Finding, refusal } from "./findings";

/** Every provider of the source must be on the target, not older: an older one may not know what it is given. */
export function assessProviders(source: readonly KubeObject[], target: readonly KubeObject[]): Finding[] {
  if (source.length === 0) {
    return [
      refusal(
        "source",
        "has no providers in clusterctl's inventory",
        "it must have been set up with clusterctl",
      ),
    ];
  }
  return source.flatMap((provider) => {
    const name = `${text(provider, "type")} ${text(provider, "providerName")}`;
    const wanted = text(provider, "version") ?? "";
    const found = text(
      target.find(
        (candidate) =>
          text(candidate, "providerName") === text(provider, "providerName") &&
          text(candidate, "type") === text(provider, "type"),
      ),
      "version",
    );
    if (found === undefined) {
      return [
        refusal(`${name} on the target`, "is not installed", "initialize the target with the same providers"),
      ];
    }
    return compareVersions(found, wanted) < 0
      ? [
          refusal(
            `${name} on the target`,
            `is ${found}, older than the source's ${wanted}`,
            "upgrade it first",
          ),
        ]
      : [];
  });
}

/** Compares two versions such as "v1.13.6" by their numbers; negative when the first is older. */
export function compareVersions(a: string, b: string): number {
  const numbers = (version: string) => version.replace(/^v/, "").split(/[.+-]/, 3).map(Number);
  const [left, right] = [numbers(a), numbers(b)];
  for (let index = 0; index < 3; index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) {
      return difference;
    }
  }
  return 0;
}
