import pMap from "p-map";
import pRetry from "p-retry";
import { objectKey, refOf } from "../../inventory/graph";
import type { Context } from "../../shared/context";
import { errorText, LifecycleFailure } from "../../shared/failure";
import { alreadyExists, KubeApiError, type KubeClient } from "../../shared/kube/client";
import { field, type KubeObject, type OwnerReference, text } from "../../shared/kube/objects";
import { types } from "../../shared/kube/types";
import type { ArchiveContent } from "../format";
import { creationGroups } from "./order";
import { remapOwners } from "./owners";
import { atRest, keysOf, statusAtRest } from "./prepare";

/** Requests under way at a time. */
const concurrency = 8;

/** Tries of one write, since a webhook may be slow to answer. */
const retries = 5;

/** What came of creating an archive's objects. */
export interface Created {
  /** Objects that were not there before. */
  readonly created: number;
  /** Owners that neither the archive nor the cluster has: archived identity to a sentence about it. */
  readonly dropped: ReadonlyMap<string, string>;
}

/** Creates the namespace with its labels, unless it is there. */
export async function createNamespace(
  client: KubeClient,
  { header, namespace }: ArchiveContent,
): Promise<void> {
  const { labels, annotations } = namespace?.metadata ?? {};
  try {
    await client.create({ ...types.namespace, metadata: { name: header.namespace, labels, annotations } });
  } catch (error) {
    if (!alreadyExists(error)) throw error;
  }
}

/**
 * Creates every object of an archive at rest: owners first, each with its owners' new identities, then its status. What an
 * earlier run has created is completed.
 */
export async function createObjects(
  context: Context,
  client: KubeClient,
  { objects, definitions }: ArchiveContent,
): Promise<Created> {
  const archivedKeys = keysOf(objects);
  const archivedIds = new Set(objects.map(({ metadata }) => metadata.uid ?? ""));
  const withStatus = await typesWithStatus(client, definitions);
  const identities = new Map<string, string>();
  const dropped = new Map<string, string>();
  const incomplete: KubeObject[] = [];
  let created = 0;

  const resolve = async (object: KubeObject): Promise<OwnerReference[]> => {
    const { known, later, unknown } = remapOwners(object, identities, archivedIds);
    if (later.length > 0) {
      incomplete.push(object);
    }
    const outside = await Promise.all(unknown.map((owner) => ownerOnCluster(client, object, owner)));
    unknown
      .filter((_, index) => outside[index] === undefined)
      .forEach((owner) =>
        dropped.set(
          owner.uid,
          `${objectKey(object)} was owned by ${owner.kind} ${owner.name}, which is in no backup`,
        ),
      );
    return [...known, ...outside.filter((owner) => owner !== undefined)];
  };

  const restore = async (object: KubeObject): Promise<void> => {
    const owners = await resolve(object);
    const wanted = atRest(object, archivedKeys);
    const { live, isNew } = await createOrFind(context, client, {
      ...wanted,
      metadata: { ...wanted.metadata, ownerReferences: owners },
    });
    created += isNew ? 1 : 0;
    identities.set(object.metadata.uid ?? "", live.metadata.uid ?? "");
    if (!isNew) {
      await setOwners(client, object, owners);
    }
    const status = statusAtRest(object, live.metadata.generation);
    if (status !== undefined && withStatus.has(`${object.apiVersion} ${object.kind}`)) {
      await attempt(context, object, () =>
        client.patch(refOf(object), "merge", { status }, { subresource: "status" }),
      );
    }
  };

  for (const group of creationGroups(objects)) {
    context.progress(`creating ${group.length} objects: ${kindsOf(group)}`);
    await pMap(group, restore, { concurrency });
  }
  for (const object of [...incomplete]) {
    await setOwners(client, object, await resolve(object));
  }
  return { created, dropped };
}

function kindsOf(group: readonly KubeObject[]): string {
  return [...new Set(group.map(({ kind }) => kind))].join(", ");
}

async function setOwners(
  client: KubeClient,
  object: KubeObject,
  owners: readonly OwnerReference[],
): Promise<void> {
  await client.patch(refOf(object), "merge", { metadata: { ownerReferences: owners } });
}

/** An owner that was not archived, when the cluster has one of that name. */
async function ownerOnCluster(
  client: KubeClient,
  object: KubeObject,
  owner: OwnerReference,
): Promise<OwnerReference | undefined> {
  const found = await client.find({ ...owner, namespace: object.metadata.namespace });
  return found?.metadata.uid === undefined ? undefined : { ...owner, uid: found.metadata.uid };
}

async function createOrFind(
  context: Context,
  client: KubeClient,
  object: KubeObject,
): Promise<{ live: KubeObject; isNew: boolean }> {
  return attempt(context, object, async () => {
    try {
      return { live: await client.create(object), isNew: true };
    } catch (error) {
      if (!alreadyExists(error)) throw error;
      return { live: await client.get(refOf(object)), isNew: false };
    }
  });
}

/** Tries a write again while the server or one of its webhooks has a bad moment. */
async function attempt<T>(context: Context, object: KubeObject, write: () => Promise<T>): Promise<T> {
  try {
    return await pRetry(write, {
      retries,
      minTimeout: 1000,
      signal: context.signal,
      shouldRetry: ({ error }) =>
        !(error instanceof KubeApiError) || error.status >= 500 || error.status === 429,
    });
  } catch (error) {
    context.signal.throwIfAborted();
    throw new LifecycleFailure(`${objectKey(object)} cannot be restored: ${errorText(error)}`, {
      remedy:
        "mend the cause and run the same command again: it goes on from here. All that is there is at rest until then",
    });
  }
}

/** The archived types whose status is written apart. */
async function typesWithStatus(
  client: KubeClient,
  archived: ArchiveContent["definitions"],
): Promise<ReadonlySet<string>> {
  const definitions = await client.list(types.customResourceDefinition);
  return new Set(
    archived.flatMap(({ name, group, kind, storage }) => {
      const definition = definitions.find(({ metadata }) => metadata.name === name);
      const versions = (field(definition, "spec", "versions") ?? []) as unknown[];
      const version = versions.find((candidate) => text(candidate, "name") === storage);
      return field(version, "subresources", "status") === undefined ? [] : [`${group}/${storage} ${kind}`];
    }),
  );
}

/** Tries to create every object without doing it, webhooks included. @returns Refusals, one a line. */
export async function tryObjects(client: KubeClient, { objects }: ArchiveContent): Promise<string[]> {
  const archived = keysOf(objects);
  const refusals = await pMap(
    objects,
    async (object) => {
      try {
        await client.create(atRest(object, archived), { dryRun: true });
        return [];
      } catch (error) {
        return alreadyExists(error) ? [] : [`${objectKey(object)}: ${errorText(error)}`];
      }
    },
    { concurrency },
  );
  return refusals.flat();
}
