import { isAbsent, type KubeClient } from "./client";
import type { ObjectRef } from "./objects";

/** Annotation whose change makes a controller look at an object; it is taken away at once. */
const wakeAnnotation = "metal3.pulumi.com/wake";

/**
 * Makes an object's controller look at it now. Controllers come back to what they wait for after pauses of 10 to 30 s of
 * their own; a change of the object, even of an annotation that means nothing to them, ends the pause. Leaves no trace.
 */
export async function wake(client: KubeClient, object: ObjectRef): Promise<void> {
  try {
    for (const value of [new Date().toISOString(), null]) {
      await client.patch(object, "merge", { metadata: { annotations: { [wakeAnnotation]: value } } });
    }
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
}

/** Keeps calls for something apart and bounds their number: they only ever save a moment. */
export class WakeLimit {
  private calls = 0;
  private calledAt = -Infinity;

  /**
   * @param seconds Least time between two calls.
   * @param most Calls in all.
   */
  constructor(
    private readonly seconds: number,
    private readonly most: number,
  ) {}

  /** Whether a call may be made at `now` (milliseconds); counts it when it may. */
  take(now = Date.now()): boolean {
    if (this.calls >= this.most || now - this.calledAt < this.seconds * 1000) return false;
    this.calls++;
    this.calledAt = now;
    return true;
  }
}
