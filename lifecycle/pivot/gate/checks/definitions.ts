import { clusterctlLabel, moveHierarchyLabel, moveLabel } from "../../../inventory/graph";
import { field, type KubeObject, text } from "../../../shared/kube/objects";
import { type GateFacts, sidesOf } from "../facts";
import { type Finding, refusal } from "../findings";

const needed: Readonly<Record<string, readonly string[]>> = {
  "baremetalhosts.metal3.io": [clusterctlLabel, moveLabel, moveHierarchyLabel],
  "hardwaredata.metal3.io": [clusterctlLabel, moveLabel],
};

/**
 * Definitions without their labels are invisible to clusterctl: their objects would stay behind and end with the source. On
 * the target they count too: the way back needs them.
 */
export function checkDefinitionLabels(facts: GateFacts): Finding[] {
  return sidesOf(facts).flatMap(({ name: side, inventory }) =>
    Object.entries(needed).flatMap(([name, labels]) => {
      const found =
        inventory.definitions.find(({ metadata }) => metadata.name === name)?.metadata.labels ?? {};
      const absent = labels.filter((label) => !(label in found));
      return absent.length === 0
        ? []
        : [
            refusal(
              `CustomResourceDefinition ${name} on the ${side}`,
              `lacks the labels ${absent.join(", ")}`,
              "apply the Bare Metal Operator's manifests with the labels; run `pulumi up` again",
            ),
          ];
    }),
  );
}

/** The target serves every kind that moves, in the version in which it moves. */
export function checkServedVersions({ source, target }: GateFacts): Finding[] {
  if (!target) {
    return [];
  }
  const kinds = new Map<string, string>();
  for (const { apiVersion = "", kind = "" } of source.inventory.moving) {
    if (apiVersion.includes("/")) {
      kinds.set(`${apiVersion} ${kind}`, `${kind} (${apiVersion})`);
    }
  }
  const served = new Set(target.inventory.definitions.flatMap(servedTypes));
  return [...kinds]
    .filter(([type]) => !served.has(type))
    .map(([, name]) =>
      refusal(
        `${name} on the target`,
        "is not served, or its definition is not known to clusterctl",
        "initialize the target with the source's providers, in the same versions",
      ),
    );
}

function servedTypes(definition: KubeObject): string[] {
  const versions = (field(definition, "spec", "versions") ?? []) as { name: string; served?: boolean }[];
  return versions
    .filter(({ served }) => served !== false)
    .map(
      ({ name }) =>
        `${text(definition, "spec", "group")}/${name} ${text(definition, "spec", "names", "kind")}`,
    );
}
