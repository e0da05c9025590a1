import pMap from "p-map";
import { deletionGenerations, objectKey, refOf } from "../inventory/graph";
import type { Inventory } from "../inventory/read";
import type { Context } from "../shared/context";
import { LifecycleFailure } from "../shared/failure";
import { isAbsent, type KubeClient } from "../shared/kube/client";
import type { KubeObject } from "../shared/kube/objects";
import { concurrency, hostsOf, setClusterPaused } from "./prepare";
import { deleteForMoveAnnotation, ourPause, pausedAnnotation } from "./hostAnnotations";

/** Pauses what an interrupted move has left on the source, which is incomplete: nobody there may act on it. */
export async function closeSource(context: Context, source: KubeClient, inventory: Inventory): Promise<void> {
  if (inventory.cluster && !inventory.paused) {
    context.progress("pausing the Cluster on the source: its machines are no longer complete there");
    await setClusterPaused(source, inventory.cluster, true);
  }
  const hosts = await hostsOf(source, inventory.cluster?.metadata.namespace ?? namespaceOf(inventory));
  await pMap(
    hosts.filter(({ metadata }) => metadata.annotations?.[pausedAnnotation] === undefined),
    (host) =>
      source.patch(refOf(host), "merge", { metadata: { annotations: { [pausedAnnotation]: ourPause } } }),
    { concurrency },
  );
}

/**
 * Ends a move whose deletion on the source had begun: deletes there, children first and the Cluster last, what the target
 * has. Controllers never act on it: the source was closed before, the operator is stopped, and the finalizers go with the
 * object.
 */
export async function deleteMovedFromSource(
  context: Context,
  source: KubeClient,
  inventory: Inventory,
  onTarget: ReadonlySet<string>,
): Promise<void> {
  const generations = deletionGenerations(inventory.moving);
  const unknown = inventory.moving.map(objectKey).filter((key) => !onTarget.has(key));
  if (unknown.length > 0) {
    throw new LifecycleFailure(`on the source and not on the target: ${unknown.join(", ")}`, {
      remedy: "nothing was deleted; look at them: the target should have had everything by now",
    });
  }
  context.progress(
    `deleting the last ${inventory.moving.length} objects on the source, which the target has`,
  );
  for (const generation of generations) {
    await pMap(generation, (object) => deleteWithoutFinalizers(source, object), { concurrency });
  }
}

function namespaceOf(inventory: Inventory): string {
  return inventory.moving[0]?.metadata.namespace ?? "default";
}

/** As clusterctl does it: mark, delete, take the finalizers off. */
async function deleteWithoutFinalizers(source: KubeClient, object: KubeObject): Promise<void> {
  const ref = refOf(object);
  try {
    await source.patch(ref, "merge", { metadata: { annotations: { [deleteForMoveAnnotation]: "" } } });
    await source.delete(ref);
    await source.patch(ref, "merge", { metadata: { finalizers: null } });
  } catch (error) {
    if (!isAbsent(error)) {
      throw error;
    }
  }
}
