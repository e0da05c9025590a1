import { deletionOrder, objectKey, refOf } from "../inventory/graph";
import type { Inventory } from "../inventory/read";
import type { Context } from "../shared/context";
import { LifecycleFailure } from "../shared/failure";
import { isAbsent, type KubeClient } from "../shared/kube/client";
import type { KubeObject } from "../shared/kube/objects";
import { hostsOf, setClusterPaused } from "./prepare";
import { deleteForMoveAnnotation, ourPause, pausedAnnotation } from "./hostAnnotations";

/** Pauses what an interrupted move has left on the source, which is incomplete: nobody there may act on it. */
export async function closeSource(context: Context, source: KubeClient, inventory: Inventory): Promise<void> {
  if (inventory.cluster && !inventory.paused) {
    context.progress("pausing the Cluster on the source: its machines are no longer complete there");
    await setClusterPaused(source, inventory.cluster, true);
  }
  for (const host of await hostsOf(source, inventory.cluster?.metadata.namespace ?? namespaceOf(inventory))) {
    if (host.metadata.annotations?.[pausedAnnotation] === undefined) {
      await source.patch(refOf(host), "merge", {
        metadata: { annotations: { [pausedAnnotation]: ourPause } },
      });
    }
  }
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
  const order = deletionOrder(inventory.moving);
  const unknown = order.map(objectKey).filter((key) => !onTarget.has(key));
  if (unknown.length > 0) {
    throw new LifecycleFailure(`on the source and not on the target: ${unknown.join(", ")}`, {
      remedy: "nothing was deleted; look at them: the target should have had everything by now",
    });
  }
  context.progress(`deleting the last ${order.length} objects on the source, which the target has`);
  for (const object of order) {
    await deleteWithoutFinalizers(source, object);
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
