import pMap from "p-map";
import type { Context } from "../shared/context";
import type { KubeClient } from "../shared/kube/client";
import { describe, type KubeObject } from "../shared/kube/objects";
import { refOf } from "../inventory/graph";
import { types } from "../shared/kube/types";
import { waitFor } from "../shared/waitFor";
import {
  blockMoveAnnotation,
  capm3Pause,
  holdingAnnotations,
  isHeld,
  ourPause,
  pausedAnnotation,
} from "./hostAnnotations";

/** Requests under way at a time when many objects are written. */
export const concurrency = 8;

async function annotate(client: KubeClient, host: KubeObject, annotations: Record<string, string | null>) {
  await client.patch(refOf(host), "merge", { metadata: { annotations } });
}

/** All hosts of a namespace. */
export async function hostsOf(client: KubeClient, namespace: string): Promise<KubeObject[]> {
  return client.list(types.bareMetalHost, namespace);
}

/**
 * Lets every host of the source survive the move: paused, with its status, in one write, before clusterctl looks at it.
 *
 * CAPM3 does the same with hosts in use once the Cluster is paused, but nobody waits for it (before 1.14), and a wait for it
 * (`block-move`) costs clusterctl's first 5 seconds. It leaves a host alone that is paused already, and one with another
 * pause than its own paused: so ours hold from here until {@link releaseHosts}. The operator must be stopped before: the status
 * written here is the last one.
 */
export async function holdHosts(context: Context, source: KubeClient, namespace: string): Promise<void> {
  const hosts = await hostsOf(source, namespace);
  await pMap(
    hosts,
    (host) => annotate(source, host, { ...holdingAnnotations(host), [blockMoveAnnotation]: null }),
    { concurrency },
  );
  context.progress(`holding ${hosts.length} hosts: paused, with their status`);
}

/**
 * Takes `block-move` off hosts that are held: CAPM3 from 1.14 on sets it on every host in use, until it has paused the host
 * itself. Ends when there is none, and with `signal`.
 */
export async function releaseHeldHosts(
  context: Context,
  source: KubeClient,
  namespace: string,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const blocked = (await hostsOf(source, namespace).catch(() => undefined))?.filter(
      (host) => blockMoveAnnotation in (host.metadata.annotations ?? {}),
    );
    if (blocked?.length === 0) {
      return;
    }
    await pMap(
      (blocked ?? []).filter(isHeld),
      async (host) => {
        await annotate(source, host, { [blockMoveAnnotation]: null }).catch(() => undefined);
        context.progress(`${describe(host)} is paused and keeps its status; it may move`);
      },
      { concurrency },
    );
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

/** Takes away what {@link holdHosts} has written, from the hosts of one cluster. Pauses of users stay. */
export async function releaseHosts(client: KubeClient, namespace: string): Promise<string[]> {
  const marked = (await hostsOf(client, namespace)).filter(({ metadata }) => {
    const annotations = metadata.annotations ?? {};
    return annotations[pausedAnnotation] === ourPause || blockMoveAnnotation in annotations;
  });
  await pMap(
    marked,
    (host) =>
      annotate(client, host, {
        [blockMoveAnnotation]: null,
        ...(host.metadata.annotations?.[pausedAnnotation] === ourPause ? { [pausedAnnotation]: null } : {}),
      }),
    { concurrency },
  );
  return marked.map(({ metadata }) => metadata.name);
}

/** Pauses or unpauses a Cluster. */
export async function setClusterPaused(
  client: KubeClient,
  cluster: KubeObject,
  paused: boolean,
): Promise<void> {
  await client.patch(refOf(cluster), "merge", { spec: { paused: paused ? true : null } });
}

/**
 * Unpauses the Cluster of a source that is complete, and waits until CAPM3 has taken its annotations back: they are of the
 * attempt before, and the next one must not take them for its own.
 */
export async function unpauseSource(
  context: Context,
  source: KubeClient,
  cluster: KubeObject,
): Promise<void> {
  context.progress(`unpausing ${describe(cluster)} on the source, which is complete`);
  await setClusterPaused(source, cluster, false);
  await waitFor(context, {
    what: "CAPM3 to take back the pauses of the attempt before",
    limitSeconds: 120,
    poll: async () => {
      const held = (await hostsOf(source, cluster.metadata.namespace ?? "")).filter(
        ({ metadata }) => metadata.annotations?.[pausedAnnotation] === capm3Pause,
      );
      return held.length === 0
        ? { done: true, value: undefined }
        : { done: false, state: `still paused: ${held.map(({ metadata }) => metadata.name).join(", ")}` };
    },
    remedy: "CAPM3 on the source must run; then run again",
  });
}
