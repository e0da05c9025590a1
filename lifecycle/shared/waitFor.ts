import { type Context, pause, remainingSeconds } from "./context";
import { errorText, LifecycleFailure } from "./failure";

/** One look at what is waited for. */
export type Observation<T> =
  | { readonly done: true; readonly value: T }
  | {
      readonly done: false;
      /** The state now, in words; a progress line is written whenever it changes. */
      readonly state: string;
    };

/** Options of {@link waitFor}. */
export interface WaitOptions<T> {
  /** What is waited for, as it completes the sentence "waiting for ...". */
  readonly what: string;
  /** Limit in seconds. Default and upper bound: what is left of the program's own limit. */
  readonly limitSeconds?: number;
  /** Seconds between two looks. Default 1. */
  readonly intervalSeconds?: number;
  /**
   * Looks once. An error is a state ("cannot be read: ..."), because API servers and BMCs come and go;
   * a {@link LifecycleFailure} ends the wait at once.
   */
  readonly poll: () => Promise<Observation<T>>;
  /** Collected when the limit expires. */
  readonly evidence?: () => Promise<string[]>;
  /** Said when the limit expires. */
  readonly remedy?: string;
  /** A failure that says more than the last state, when there is one. Asked when the limit expires. */
  readonly diagnose?: (waitedSeconds: number) => Promise<LifecycleFailure | undefined>;
}

/** A progress line is written at least this often, even when nothing changes. */
const reminderSeconds = 10;

/**
 * Waits for a condition with a limit, progress and, on expiry, evidence.
 *
 * @throws LifecycleFailure when the limit expires, naming what was waited for and its last state.
 */
export async function waitFor<T>(context: Context, options: WaitOptions<T>): Promise<T> {
  const limit = Math.min(options.limitSeconds ?? Infinity, remainingSeconds(context));
  const startedAt = Date.now();
  const waited = () => (Date.now() - startedAt) / 1000;
  context.activity = `waiting for ${options.what}`;
  let lastState = "not looked at yet";
  let saidState = "";
  let saidAt = startedAt;
  for (;;) {
    context.signal.throwIfAborted();
    const observation = await look(context, options);
    if (observation.done) {
      return observation.value;
    }
    lastState = observation.state;
    if (waited() >= limit) {
      const failure = new LifecycleFailure(
        `gave up waiting for ${options.what} after ${Math.round(waited())} s; last state: ${lastState}`,
        { evidence: await collectEvidence(options), remedy: options.remedy },
      );
      throw await diagnosed(options, waited(), failure);
    }
    if (lastState !== saidState || Date.now() - saidAt >= reminderSeconds * 1000) {
      context.progress(
        `waiting for ${options.what} (${Math.round(waited())} of ${Math.round(limit)} s): ${lastState}`,
      );
      saidState = lastState;
      saidAt = Date.now();
    }
    await pause(context, Math.min(options.intervalSeconds ?? 1, Math.max(0.05, limit - waited())));
  }
}

async function look<T>(context: Context, options: WaitOptions<T>): Promise<Observation<T>> {
  try {
    return await options.poll();
  } catch (error) {
    if (error instanceof LifecycleFailure) {
      throw error;
    }
    context.signal.throwIfAborted();
    return { done: false, state: `cannot be read: ${errorText(error)}` };
  }
}

/** The diagnosis with the general evidence below its own, or the general failure where there is none. */
async function diagnosed<T>(
  options: WaitOptions<T>,
  waitedSeconds: number,
  general: LifecycleFailure,
): Promise<LifecycleFailure> {
  try {
    const found = await options.diagnose?.(waitedSeconds);
    return found
      ? new LifecycleFailure(found.message, {
          evidence: [...found.evidence, ...general.evidence],
          remedy: found.remedy ?? general.remedy,
        })
      : general;
  } catch (error) {
    return new LifecycleFailure(general.message, {
      evidence: [...general.evidence, `the cause could not be looked for: ${errorText(error)}`],
      remedy: general.remedy,
    });
  }
}

async function collectEvidence<T>(options: WaitOptions<T>): Promise<string[]> {
  try {
    return (await options.evidence?.()) ?? [];
  } catch (error) {
    return [`evidence could not be collected: ${errorText(error)}`];
  }
}
