import pMap from "p-map";
import { refOf } from "../inventory/graph";
import type { KubeClient } from "../shared/kube/client";
import type { KubeObject } from "../shared/kube/objects";
import { wake } from "../shared/kube/wake";

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
      (object) => wake(client, refOf(object)),
      { concurrency },
    );
  }
}
