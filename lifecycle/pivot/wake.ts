import pMap from "p-map";
import { refOf } from "../inventory/graph";
import type { KubeClient } from "../shared/kube/client";
import type { KubeObject } from "../shared/kube/objects";
import { wake } from "../shared/kube/wake";
import { isSettled } from "./arrival";
import { concurrency } from "./prepare";

/** Kinds whose controllers wait half a minute after they have found an object paused, in the order in which they need each other. */
const sleepers = ["IPPool", "Metal3DataTemplate", "Metal3Data", "Metal3Machine", "Machine"] as const;

/** Kinds of which each object belongs to one machine. */
const ofOneMachine: ReadonlySet<string> = new Set<(typeof sleepers)[number]>([
  "Metal3Data",
  "Metal3Machine",
  "Machine",
]);

/**
 * What controllers are to be woken for: what all machines need, and what belongs to machines that do not run yet. Of a thousand
 * machines, most do by the second call. Pure.
 */
export function asleep(moved: readonly KubeObject[]): KubeObject[] {
  const unsettled = new Set<string | undefined>();
  const waiting = moved.filter(({ kind }) => ofOneMachine.has(kind ?? ""));
  const take = (kind: string, isWanted: (object: KubeObject) => boolean) =>
    waiting
      .filter((object) => object.kind === kind && isWanted(object))
      .forEach(({ metadata }) => unsettled.add(metadata.uid));
  const isOwned = ({ metadata }: KubeObject) =>
    (metadata.ownerReferences ?? []).some(({ uid }) => unsettled.has(uid));
  take("Machine", (machine) => !isSettled(machine));
  take("Metal3Machine", isOwned);
  take("Metal3Data", isOwned);
  return moved.filter(
    ({ kind = "", metadata }) =>
      sleepers.some((sleeper) => sleeper === kind) &&
      (!ofOneMachine.has(kind) || unsettled.has(metadata.uid)),
  );
}

/**
 * Makes the controllers look at what was moved now. They saw it paused, which nothing tells them the end of, and would come
 * back to it only after their pause of 30 seconds.
 */
export async function wakeControllers(client: KubeClient, moved: readonly KubeObject[]): Promise<void> {
  const waiting = asleep(moved);
  for (const kind of sleepers) {
    await pMap(
      waiting.filter((object) => object.kind === kind),
      (object) => wake(client, refOf(object)),
      { concurrency },
    );
  }
}
