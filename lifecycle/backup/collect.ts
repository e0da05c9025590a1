import packageFile from "../../package.json";
import { countsByKind } from "../inventory/graph";
import type { Inventory } from "../inventory/read";
import type { KubeClient } from "../shared/kube/client";
import { field, type KubeObject, type ObjectRef, text } from "../shared/kube/objects";
import { types } from "../shared/kube/types";
import { type ArchiveContent, formatVersion } from "./format";

/** What an archive is about. */
export interface BackupScope {
  readonly stack: string;
  readonly clusterName: string;
  readonly namespace: string;
  /** Deployment of the Bare Metal Operator, for its version. */
  readonly operator: ObjectRef;
}

/** Puts together what an archive holds: the objects that move as they were read, and what a cluster must have to take them. */
export async function collectContent(
  client: KubeClient,
  scope: BackupScope,
  inventory: Inventory,
): Promise<ArchiveContent> {
  const [version, providers, operator, namespace] = await Promise.all([
    client.json<{ gitVersion?: string }>("GET", "/version"),
    client.list(types.provider),
    client.find(scope.operator),
    client.find({ ...types.namespace, name: scope.namespace }),
  ]);
  return {
    header: {
      format: "metal3-backup",
      version: formatVersion,
      program: `${packageFile.name} ${packageFile.version}`,
      stack: scope.stack,
      clusterName: scope.clusterName,
      namespace: scope.namespace,
      createdAt: new Date().toISOString(),
      kubernetesVersion: version.gitVersion ?? "unknown",
      providers: providerVersions(providers),
      operatorImage: operatorImage(operator),
      counts: countsByKind(inventory.moving),
    },
    namespace,
    definitions: definitionsOf(inventory),
    objects: [...inventory.moving],
  };
}

/** Name, type and version of every provider in clusterctl's inventory. */
export function providerVersions(inventory: readonly KubeObject[]): ArchiveContent["header"]["providers"] {
  return inventory
    .map((entry) => ({
      name: text(entry, "providerName") ?? entry.metadata.name,
      type: text(entry, "type") ?? "",
      version: text(entry, "version") ?? "",
    }))
    .sort((a, b) => `${a.type} ${a.name}`.localeCompare(`${b.type} ${b.name}`));
}

/** Image of the Bare Metal Operator's own container. */
export function operatorImage(deployment: KubeObject | undefined): string | undefined {
  const containers = (field(deployment, "spec", "template", "spec", "containers") ?? []) as unknown[];
  const own = containers.find((container) => text(container, "name") === "manager") ?? containers[0];
  return text(own, "image");
}

/** The definitions of the kinds that are archived. */
function definitionsOf({ definitions, moving }: Inventory): ArchiveContent["definitions"] {
  const kinds = new Set(moving.map(({ apiVersion, kind }) => `${apiVersion?.split("/")[0]} ${kind}`));
  return definitions.flatMap((definition) => {
    const group = text(definition, "spec", "group") ?? "";
    const kind = text(definition, "spec", "names", "kind") ?? "";
    const versions = (field(definition, "spec", "versions") ?? []) as {
      name: string;
      storage: boolean;
      served: boolean;
    }[];
    const storage = versions.find((version) => version.storage)?.name;
    return storage !== undefined && kinds.has(`${group} ${kind}`)
      ? [
          {
            name: definition.metadata.name,
            kind,
            group,
            storage,
            served: versions.filter(({ served }) => served).map(({ name }) => name),
          },
        ]
      : [];
  });
}
