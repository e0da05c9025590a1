import pMap from "p-map";
import { refOf } from "../inventory/graph";
import { isAbsent, type KubeClient } from "../shared/kube/client";
import type { KubeObject } from "../shared/kube/objects";

/** Annotation whose change makes a controller look at an object; it is taken away at once. */
const wakeAnnotation = "metal3.pulumi.com/wake";

/** Kinds whose controllers wait half a minute after they have found an object paused, in the order in which they need each other. */
const sleepers = ["IPPool", "Metal3DataTemplate", "Metal3Data", "Metal3Machine", "Machine"] as const;

/** Requests under way at a time when many objects are written. */
const concurrency = 8;

/**
 * Makes the controllers look at what was moved now. They saw it paused, which nothing tells them the end of, and would come
 * back to it only after their pause of 30 seconds.
 */
export async function wakeControllers(client: KubeClient, moved: readonly KubeObject[]): Promise<void> {
  for (const kind of sleepers) {
    await pMap(
      moved.filter((object) => object.kind === kind),
      (object) => wake(client, object),
      { concurrency },
    );
  }
}

async function wake(client: KubeClient, object: KubeObject): Promise<void> {
  try {
    for (const value of [new Date().toISOString(), null]) {
      await client.patch(refOf(object), "merge", { metadata: { annotations: { [wakeAnnotation]: value } } });
    }
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
}
