import { objectKey, refOf } from "../../inventory/graph";
import { isPausedByUser, ourPause, pausedAnnotation, statusAnnotation } from "../../pivot/hostAnnotations";
import type { Context } from "../../shared/context";
import type { KubeClient } from "../../shared/kube/client";
import { describe, type KubeObject, type ObjectRef, text } from "../../shared/kube/objects";
import { capiPausedAnnotation, types } from "../../shared/kube/types";
import { waitFor } from "../../shared/waitFor";
import type { ArchiveContent } from "../format";
import { unavailable } from "./inspect";
import { isUsed, keysOf } from "./prepare";

/** Label of the providers' Deployments. */
const providerLabel = "cluster.x-k8s.io/provider";

/** Limits of the waits of {@link letGo}, seconds. */
export interface ReleaseLimits {
  /** For the controllers to be available. */
  readonly controllers: number;
  /** For the operator to take every host over. */
  readonly hosts: number;
}

/** Waits until whatever acts on the objects is there: a host that is released to no operator stays as it is, unnoticed. */
export async function waitForControllers(
  context: Context,
  client: KubeClient,
  operator: ObjectRef,
  limitSeconds: number,
): Promise<void> {
  await waitFor(context, {
    what: "the providers and the Bare Metal Operator to be available",
    limitSeconds,
    poll: async () => {
      const [providers, own] = await Promise.all([
        client.list(types.deployment, undefined, { labelSelector: providerLabel }),
        client.get(operator),
      ]);
      const down = unavailable([...providers, own]);
      return down.length === 0
        ? { done: true, value: undefined }
        : { done: false, state: `not available: ${down.join(", ")}` };
    },
    remedy: "nothing was released; start them and run the same command again",
  });
}

/**
 * Gives restored objects to their controllers. Spare hosts first, until the operator has taken their status over; then the
 * Cluster, upon which CAPM3 lets the operator have the hosts that machines use.
 */
export async function letGo(
  context: Context,
  client: KubeClient,
  { header, objects }: ArchiveContent,
  limits: ReleaseLimits,
): Promise<void> {
  const archived = keysOf(objects);
  const hosts = objects.filter(({ kind }) => kind === "BareMetalHost");
  const used = hosts.filter((host) => isUsed(host, archived));
  const spare = hosts.filter((host) => !isUsed(host, archived));
  await releaseOurs(client, spare);
  await waitForHosts(context, client, spare, limits.hosts);
  for (const object of objects.filter(
    ({ kind }) => kind === "ClusterClass" || kind === "ClusterResourceSet",
  )) {
    await unmark(client, object, capiPausedAnnotation);
  }
  for (const cluster of objects.filter(({ kind }) => kind === "Cluster")) {
    context.progress(`unpausing ${describe(cluster)}`);
    await client.patch(refOf(cluster), "merge", { spec: { paused: null } });
  }
  await waitForHosts(context, client, used, limits.hosts);
  context.progress(`${hosts.length} hosts of ${header.clusterName} are in the operator's hands as they were`);
}

async function releaseOurs(client: KubeClient, hosts: readonly KubeObject[]): Promise<void> {
  for (const host of hosts) {
    await unmark(client, host, pausedAnnotation);
  }
}

/** Takes an annotation away if it is ours. */
async function unmark(client: KubeClient, object: KubeObject, annotation: string): Promise<void> {
  const live = await client.get(refOf(object));
  if (live.metadata.annotations?.[annotation] === ourPause) {
    await client.patch(refOf(object), "merge", { metadata: { annotations: { [annotation]: null } } });
  }
}

/** Waits until the operator has each host in the state in which it was archived. A user's own pause stays, and so does the host. */
async function waitForHosts(
  context: Context,
  client: KubeClient,
  archived: readonly KubeObject[],
  limitSeconds: number,
): Promise<void> {
  const hosts = archived.filter((host) => !isPausedByUser(host) && stateOf(host) !== undefined);
  if (hosts.length === 0) {
    return;
  }
  await waitFor(context, {
    what: `${hosts.length} hosts to be taken over as they were`,
    limitSeconds,
    intervalSeconds: 0.5,
    poll: async () => {
      const live = new Map(
        (await client.list(types.bareMetalHost, hosts[0]?.metadata.namespace)).map((host) => [
          objectKey(host),
          host,
        ]),
      );
      const reasons = hosts.flatMap((host) => notTakenOver(host, live.get(objectKey(host))));
      return reasons.length === 0
        ? { done: true, value: undefined }
        : { done: false, state: reasons.join("; ") };
    },
    remedy:
      "the Bare Metal Operator's log says what keeps it; a host that is still paused waits for CAPM3. Run the same command again: it goes on from here",
  });
}

function stateOf(host: KubeObject): string | undefined {
  return text(host, "status", "provisioning", "state");
}

/** Why a host is not yet in the operator's hands; empty when it is. */
export function notTakenOver(archived: KubeObject, live: KubeObject | undefined): string[] {
  const name = archived.metadata.name;
  if (live === undefined) {
    return [`${name} is gone`];
  }
  const annotations = live.metadata.annotations ?? {};
  if (pausedAnnotation in annotations) {
    return [`${name} is still paused`];
  }
  if (statusAnnotation in annotations) {
    return [`${name} has not taken its status over`];
  }
  return stateOf(live) === stateOf(archived)
    ? []
    : [`${name} is ${stateOf(live) ?? "new"}, and was ${stateOf(archived)}`];
}
