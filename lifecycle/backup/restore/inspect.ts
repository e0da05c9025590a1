import pMap from "p-map";
import { objectKey } from "../../inventory/graph";
import type { KubeClient } from "../../shared/kube/client";
import { field, type KubeObject, type ObjectType, text } from "../../shared/kube/objects";
import { types } from "../../shared/kube/types";
import { operatorImage, providerVersions } from "../collect";
import type { ArchiveContent } from "../format";
import { keysOf } from "./prepare";
import { readNote, type RestoreNote } from "./progressNote";

/** The cluster on which an archive is to be restored, as it is. */
export interface Destination {
  readonly definitions: readonly KubeObject[];
  readonly providers: ArchiveContent["header"]["providers"];
  readonly operatorImage?: string;
  readonly hasNamespace: boolean;
  /** Note of a restore that has not ended. */
  readonly note?: RestoreNote;
  /** Objects of the archived kinds in the namespace. */
  readonly objects: readonly KubeObject[];
}

/** The types of the archived objects. */
export function archivedTypes(objects: readonly KubeObject[]): ObjectType[] {
  const found = new Map<string, ObjectType>();
  for (const { apiVersion = "", kind = "" } of objects) {
    found.set(`${apiVersion} ${kind}`, { apiVersion, kind });
  }
  return [...found.values()];
}

/** Reads what there is of the archived kinds. */
export async function readRestored(
  client: KubeClient,
  objects: readonly KubeObject[],
  namespace: string,
): Promise<KubeObject[]> {
  const found = await pMap(archivedTypes(objects), (type) => client.list(type, namespace), {
    concurrency: 8,
  });
  return found.flat();
}

/** Reads all that decides whether an archive can be restored; writes nothing. */
export async function readDestination(
  client: KubeClient,
  { header, objects }: ArchiveContent,
  operator: { readonly namespace: string; readonly name: string },
): Promise<Destination> {
  const { namespace } = header;
  const [definitions, providers, deployment, namespaceObject, note, found] = await Promise.all([
    client.list(types.customResourceDefinition),
    client.list(types.provider),
    client.find({ ...types.deployment, ...operator }),
    client.find({ ...types.namespace, name: namespace }),
    readNote(client, namespace),
    readRestored(client, objects, namespace),
  ]);
  return {
    definitions,
    providers: providerVersions(providers),
    operatorImage: operatorImage(deployment),
    hasNamespace: namespaceObject !== undefined,
    note,
    objects: found,
  };
}

/** One thing that is wrong with a destination. */
export interface Obstacle {
  /** "error" stops the restore, "warning" is shown. */
  readonly severity: "error" | "warning";
  readonly reason: string;
  readonly remedy: string;
}

/**
 * Why an archive cannot, or should not, be restored on a cluster; all reasons at once.
 *
 * @param digest SHA-256 of the archive.
 */
export function obstacles(content: ArchiveContent, found: Destination, digest: string): Obstacle[] {
  return [
    ...missingDefinitions(content, found.definitions),
    ...otherProviders(content.header, found),
    ...occupants(content, found, digest),
  ];
}

function missingDefinitions({ definitions }: ArchiveContent, found: readonly KubeObject[]): Obstacle[] {
  return definitions.flatMap(({ name, kind, group, storage }): Obstacle[] => {
    const definition = found.find(({ metadata }) => metadata.name === name);
    const versions = (field(definition, "spec", "versions") ?? []) as { name: string; served: boolean }[];
    if (versions.some((version) => version.name === storage && version.served)) {
      return [];
    }
    return [
      {
        severity: "error",
        reason: definition
          ? `the cluster does not serve ${group}/${storage} ${kind}`
          : `the cluster does not know ${kind} (${name})`,
        remedy:
          "install the providers and the Bare Metal Operator in the archive's versions (`--list` shows them)",
      },
    ];
  });
}

function otherProviders(header: ArchiveContent["header"], found: Destination): Obstacle[] {
  const install = (what: string, version: string) => `install ${what} ${version}`;
  const ofProviders = header.providers.flatMap(({ name, type, version }): Obstacle[] => {
    const now = found.providers.find((provider) => provider.name === name && provider.type === type);
    if (now?.version === version) {
      return [];
    }
    const what = `${type} ${name}`;
    // An older provider refuses or drops what a newer one has written.
    const older = now === undefined || now.version.localeCompare(version, "en", { numeric: true }) < 0;
    return [
      {
        severity: older ? "error" : "warning",
        reason: now
          ? `${what} is ${now.version}, and was ${version}`
          : `${what}, which was ${version}, is not installed`,
        remedy: install(what, version),
      },
    ];
  });
  if (header.operatorImage === undefined || header.operatorImage === found.operatorImage) {
    return ofProviders;
  }
  return [
    ...ofProviders,
    {
      severity: "warning",
      reason: found.operatorImage
        ? `the Bare Metal Operator is ${found.operatorImage}, and was ${header.operatorImage}`
        : `the Bare Metal Operator, which was ${header.operatorImage}, is not installed`,
      remedy: install("the Bare Metal Operator", header.operatorImage),
    },
  ];
}

/** Objects that are there already, unless an earlier run of the same restore has made them. */
function occupants({ header, objects }: ArchiveContent, found: Destination, digest: string): Obstacle[] {
  const { namespace } = header;
  if (found.note !== undefined && found.note.archive !== digest) {
    return [
      {
        severity: "error",
        reason: `a restore of another archive has not ended in namespace ${namespace}`,
        remedy: "run it again with that archive, or take an empty cluster",
      },
    ];
  }
  const archived = keysOf(objects);
  const own = found.note?.archive === digest;
  if (own && found.note?.phase === "releasing") {
    // Controllers are at work: what is new is theirs.
    return [];
  }
  // A namespace has secrets and config maps of others; of the rest it must have none.
  const strangers = found.objects.filter((object) =>
    archived.has(objectKey(object)) ? !own : object.kind !== "Secret" && object.kind !== "ConfigMap",
  );
  if (strangers.length === 0) {
    return [];
  }
  return [
    {
      severity: "error",
      reason: `namespace ${namespace} holds ${strangers.length} objects already: ${strangers.map(objectKey).sort().join(", ")}`,
      remedy:
        "restore on a cluster that has none. If these are what is left of the cluster, compare first: they may be newer than the archive",
    },
  ];
}

/** An obstacle in one line. */
export function obstacleLine({ severity, reason, remedy }: Obstacle): string {
  return `${severity}: ${reason}; remedy: ${remedy}`;
}

/** Deployments of the providers and of the operator that do not run. */
export function unavailable(deployments: readonly KubeObject[]): string[] {
  return deployments
    .filter((deployment) => {
      const conditions = (field(deployment, "status", "conditions") ?? []) as unknown[];
      return !conditions.some(
        (condition) => text(condition, "type") === "Available" && text(condition, "status") === "True",
      );
    })
    .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
}
