import type { KubeObject } from "../objects";
import { apiVersionOf, idOf, kindOf } from "../objects";
import { status } from "../operation";
import type { Operation } from "../operation";
import { evidenceOf } from "./evidence";
import { observe } from "./observe";

/** Whether an object is as it should be, and what is missing. */
export interface Verdict {
  readonly done: boolean;
  /** Shown in the status column, and part of the error when time runs out. */
  readonly message?: string;
  /** Something that will not mend itself soon; shown as a warning. */
  readonly warning?: boolean;
}

/** Judges a live object. `gone` is true when it does not exist any more. */
export type Condition = (object: KubeObject, gone: boolean) => Verdict | Promise<Verdict>;

/** An object did not become what was waited for. */
export class AwaitError extends Error {
  /**
   * @param object the last state that was seen
   * @param reasons what is known about why
   */
  constructor(
    message: string,
    readonly object: KubeObject,
    readonly reasons: readonly string[],
  ) {
    super(message);
  }
}

/** How often a condition that depends on other objects is judged without a change of its own, in milliseconds. */
const TICK = 2_000;

/**
 * Waits until a condition holds for an object and returns its last state.
 *
 * @param limit seconds
 * @throws {@link AwaitError} when time runs out or the run is cancelled, with the last message, the conditions of the
 *   object and the events and pods that belong to it
 */
export async function waitFor(
  operation: Operation,
  initial: KubeObject,
  limit: number,
  condition: Condition,
): Promise<KubeObject> {
  const deadline = AbortSignal.timeout(limit * 1_000);
  const signal = AbortSignal.any([operation.signal, deadline]);
  let latest = initial;
  let gone = false;
  let shown = "";
  let last = "";
  for await (const sighting of observe(operation.cluster, initial, signal, TICK)) {
    if (sighting.kind === "gone") gone = true;
    if (sighting.kind === "state") {
      gone = false;
      latest = sighting.object;
    }
    const verdict = await condition(latest, gone);
    if (verdict.done) {
      if (shown !== "") status(operation, "");
      return latest;
    }
    last = verdict.message ?? last;
    if (last !== shown) {
      shown = last;
      status(operation, last, verdict.warning === true ? "warning" : "info");
    }
  }
  const what = `${apiVersionOf(latest)} ${kindOf(latest)} "${idOf(latest)}"`;
  // A cancelled plugin has about a second to save the state.
  const evidence = operation.signal.aborted ? [] : await evidenceOf(operation.cluster, latest);
  const reasons = [...(last === "" ? [] : [last]), ...evidence];
  throw new AwaitError(
    operation.signal.aborted
      ? `resource operation was cancelled for ${what}`
      : `timed out waiting for the condition: ${what} was not ready within ${limit}s`,
    latest,
    reasons,
  );
}
