import { type Context } from "../../shared/context";
import { LifecycleFailure } from "../../shared/failure";
import type { KubeClient } from "../../shared/kube/client";
import type { KubeObject } from "../../shared/kube/objects";
import { types } from "../../shared/kube/types";
import type { ArchiveContent } from "../format";
import { type Comparison, compareRestored, countLines } from "./compare";
import { createNamespace, createObjects, tryObjects } from "./create";
import { type Destination, obstacleLine, obstacles, readDestination, readRestored } from "./inspect";
import { askArchivedCluster } from "./otherOwner";
import { removeNote, writeNote } from "./progressNote";
import { letGo, type ReleaseLimits, waitForControllers } from "./release";

/** What is restored, and how far. */
export interface RestoreRequest {
  readonly content: ArchiveContent;
  /** SHA-256 of the archive. */
  readonly digest: string;
  /** Only looks, and has the API server try every object. */
  readonly dryRun: boolean;
  /** Gives the objects to their controllers in the end. Otherwise they stay at rest. */
  readonly unpause: boolean;
  readonly operator: { readonly namespace: string; readonly name: string };
  readonly limits: ReleaseLimits;
}

/** How far a restore has come. */
export type RestoreOutcome = "tried" | "at rest" | "released";

/**
 * Restores an archive on a management cluster that holds nothing of it. Until the end nothing acts on what is there: the
 * Cluster and every host are paused. Run again, it goes on from where it stopped.
 *
 * @throws LifecycleFailure when the cluster is not fit, with all reasons; nothing was written then.
 */
export async function restore(
  context: Context,
  client: KubeClient,
  request: RestoreRequest,
): Promise<RestoreOutcome> {
  const { content, digest } = request;
  const { namespace } = content.header;
  const found = await inspect(context, client, request);
  if (request.dryRun) {
    await tryAll(context, client, content, found);
    return "tried";
  }
  const begun = found.note?.phase === "releasing";
  if (begun && !request.unpause) {
    throw new LifecycleFailure(
      "the objects were given to their controllers already, and not all have taken over",
      {
        remedy: "run it with --unpause: it goes on from there",
      },
    );
  }
  if (!begun) {
    await putAtRest(context, client, request);
  }
  if (!request.unpause) {
    return "at rest";
  }
  await refuseSecondOwner(context, client, content);
  await waitForControllers(
    context,
    client,
    { ...types.deployment, ...request.operator },
    request.limits.controllers,
  );
  await writeNote(client, namespace, { archive: digest, phase: "releasing" });
  await letGo(context, client, content, request.limits);
  await verify(context, client, content, () => true);
  await removeNote(client, namespace);
  return "released";
}

/** Looks at the cluster, says what is odd, and stops at what is wrong. */
async function inspect(
  context: Context,
  client: KubeClient,
  { content, digest, operator }: RestoreRequest,
): Promise<Destination> {
  const found = await readDestination(client, content, operator);
  const reasons = obstacles(content, found, digest);
  const errors = reasons.filter(({ severity }) => severity === "error");
  if (errors.length > 0) {
    throw new LifecycleFailure(`${client.server} is not fit for this backup; nothing was written`, {
      evidence: reasons.map(obstacleLine),
    });
  }
  reasons.forEach((reason) => context.progress(obstacleLine(reason)));
  return found;
}

async function tryAll(
  context: Context,
  client: KubeClient,
  content: ArchiveContent,
  { hasNamespace }: Destination,
): Promise<void> {
  if (!hasNamespace) {
    context.progress(
      `namespace ${content.header.namespace} is not there yet, so that the API server cannot try the objects`,
    );
    return;
  }
  const refusals = await tryObjects(client, content);
  if (refusals.length > 0) {
    throw new LifecycleFailure(`the API server refuses ${refusals.length} objects; nothing was written`, {
      evidence: refusals,
      remedy: "install the providers in the archive's versions",
    });
  }
  context.progress(`the API server accepts all ${content.objects.length} objects`);
}

/** Creates everything, paused, and compares it with the archive. */
async function putAtRest(
  context: Context,
  client: KubeClient,
  { content, digest }: RestoreRequest,
): Promise<void> {
  const { namespace } = content.header;
  await createNamespace(client, content);
  await writeNote(client, namespace, { archive: digest, phase: "creating" });
  const { created, dropped } = await createObjects(context, client, content);
  [...dropped.values()].forEach((line) => context.progress(`${line}; that reference is left out`));
  const already = content.objects.length - created;
  context.progress(
    `created ${created} objects${already > 0 ? `; ${already} were there from an earlier run` : ""}`,
  );
  await verify(
    context,
    client,
    content,
    ({ otherOwners }) => otherOwners.length === 0,
    new Set(dropped.keys()),
  );
}

/** Compares with the archive and shows the counts. */
async function verify(
  context: Context,
  client: KubeClient,
  { header, objects }: ArchiveContent,
  isGood: (comparison: Comparison) => boolean,
  dropped?: ReadonlySet<string>,
): Promise<void> {
  const found: KubeObject[] = await readRestored(client, objects, header.namespace);
  const comparison = compareRestored(objects, found, dropped);
  countLines(comparison).forEach((line) => context.progress(line));
  if (comparison.missing.length > 0 || !isGood(comparison)) {
    throw new LifecycleFailure("the cluster is not as the backup says", {
      evidence: [...comparison.missing.map((key) => `missing: ${key}`), ...comparison.otherOwners],
      remedy: "run the same command again",
    });
  }
}

/** Two clusters that manage the same machines destroy each other's work. */
async function refuseSecondOwner(
  context: Context,
  client: KubeClient,
  content: ArchiveContent,
): Promise<void> {
  const { clusterName, namespace } = content.header;
  switch (await askArchivedCluster(context, client, content)) {
    case "active":
      throw new LifecycleFailure(
        `Cluster ${clusterName} manages itself: it answers, and its objects are not paused`,
        {
          remedy: `nothing was released. If this restore is right, pause it there first: kubectl -n ${namespace} patch cluster ${clusterName} --type merge -p '{"spec":{"paused":true}}', and stop its Bare Metal Operator and Ironic`,
        },
      );
    case "unknown":
      context.progress(
        `cluster ${clusterName} does not answer; whether it still runs an Ironic of its own is not proved`,
      );
      return;
    case "quiet":
      context.progress(`cluster ${clusterName} answers and does not act on the objects`);
      return;
    case "itself":
      return;
  }
}
