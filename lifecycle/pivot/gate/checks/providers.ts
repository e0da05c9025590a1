import { field, type KubeObject, text } from "../../../shared/kube/objects";
import type { GateFacts, GateScope, SideFacts } from "../facts";
import { type Finding, refusal, warning } from "../findings";

/** Every provider of the source is on the target, and not older: an older one may not know what it is given. */
export function checkProviders({ scope, source, target }: GateFacts): Finding[] {
  if (source.providers.length === 0) {
    return [
      refusal(
        "source",
        "has no providers in clusterctl's inventory",
        "it must have been set up with clusterctl",
      ),
    ];
  }
  return target
    ? [
        ...source.providers.flatMap((provider) => assessProvider(provider, target)),
        ...assessOperator(scope, source, target),
      ]
    : [];
}

function assessProvider(provider: KubeObject, target: SideFacts): Finding[] {
  const name = `${text(provider, "type")} ${text(provider, "providerName")}`;
  const found = target.providers.find(
    (candidate) =>
      text(candidate, "providerName") === text(provider, "providerName") &&
      text(candidate, "type") === text(provider, "type"),
  );
  return found === undefined
    ? [refusal(`${name} on the target`, "is not installed", "initialize the target with the same providers")]
    : compare(name, text(provider, "version") ?? "", text(found, "version") ?? "");
}

function compare(name: string, wanted: string, found: string): Finding[] {
  const difference = compareVersions(found, wanted);
  if (found === wanted || difference === 0) {
    return [];
  }
  return difference < 0
    ? [refusal(`${name} on the target`, `is ${found}, older than the source's ${wanted}`, "upgrade it first")]
    : [
        warning(
          `${name} on the target`,
          `is ${found}, newer than the source's ${wanted}: the way back is closed`,
          "give both sides the same version",
        ),
      ];
}

/** The operator is no provider of clusterctl's; its version is its image's. */
function assessOperator(scope: GateScope, source: SideFacts, target: SideFacts): Finding[] {
  const name = `Deployment ${scope.operatorNamespace}/${scope.operatorDeployment}`;
  const [wanted, found] = [source, target].map((side) => operatorImage(scope, side));
  if (found === undefined) {
    return [
      refusal(`${name} on the target`, "is not there", "install the Bare Metal Operator on the target"),
    ];
  }
  if (wanted === undefined || wanted === found) {
    return [];
  }
  const [wantedTag, foundTag] = [wanted, found].map(tagOf);
  return isVersion(wantedTag) && isVersion(foundTag)
    ? compare("Bare Metal Operator", wantedTag, foundTag)
    : [
        warning(
          `${name} on the target`,
          `runs ${found}, and ${wanted} runs on the source; which of them is newer cannot be told`,
          "give both sides the same image",
        ),
      ];
}

function operatorImage(scope: GateScope, side: SideFacts): string | undefined {
  const deployment = operatorOf(scope, side);
  const containers = (field(deployment, "spec", "template", "spec", "containers") ?? []) as unknown[];
  return text(
    containers.find((container) => text(container, "name") === "manager") ?? containers[0],
    "image",
  );
}

/** The Bare Metal Operator's Deployment. */
export function operatorOf(scope: GateScope, side: SideFacts): KubeObject | undefined {
  return side.deployments.find(
    ({ metadata }) =>
      metadata.namespace === scope.operatorNamespace && metadata.name === scope.operatorDeployment,
  );
}

function tagOf(image: string): string {
  return /:([^:/@]+)(@|$)/.exec(image)?.[1] ?? "";
}

function isVersion(tag: string | undefined): tag is string {
  return tag !== undefined && /^v?\d+\.\d+\.\d+/.test(tag);
}

/**
 * Compares two versions such as "v1.13.6" by their numbers; negative when the first is older. A pre-release is older than its
 * release.
 */
export function compareVersions(a: string, b: string): number {
  const parse = (version: string) => {
    const [numbers = "", preRelease = ""] = version.replace(/^v/, "").replace(/\+.*$/, "").split(/-(.*)/s, 2);
    return { numbers: numbers.split(".").map((part) => Number(part) || 0), preRelease };
  };
  const [left, right] = [parse(a), parse(b)];
  for (let index = 0; index < 3; index++) {
    const difference = (left.numbers[index] ?? 0) - (right.numbers[index] ?? 0);
    if (difference !== 0) {
      return difference;
    }
  }
  if (left.preRelease === right.preRelease) {
    return 0;
  }
  if (left.preRelease === "" || right.preRelease === "") {
    return left.preRelease === "" ? 1 : -1;
  }
  return left.preRelease.localeCompare(right.preRelease, "en", { numeric: true });
}
