import { setTimeout as sleep } from "node:timers/promises";

/** What a probe found: nothing when all is well, else the state in words for the error message. */
export type Finding = string | undefined;

/** How a wait is bounded. */
export interface WaitOptions {
  /** Seconds after which the wait fails. */
  readonly limitSeconds: number;
  /** Seconds between two probes; default 0.25. */
  readonly intervalSeconds?: number;
  /** Called every 10 s with a line about what is waited for. */
  readonly progress?: (line: string) => void;
  /** Further evidence for the error, e.g. the end of a log. */
  readonly evidence?: () => Promise<string>;
  /** Ends the wait at once, with its own error. */
  readonly signal?: AbortSignal;
}

/** A wait that ran into its limit. The message says what for, how long, the last state and the evidence. */
export class WaitExpired extends Error {}

/** Probes until nothing is wrong any more. A probe that throws counts as a finding. */
export async function waitFor(
  what: string,
  probe: () => Promise<Finding>,
  { limitSeconds, intervalSeconds = 0.25, progress, evidence, signal }: WaitOptions,
): Promise<void> {
  const begin = Date.now();
  let spoken = begin;
  for (;;) {
    let finding: Finding;
    try {
      finding = await probe();
    } catch (error) {
      finding = describe(error);
    }
    if (finding === undefined) return;
    const now = Date.now();
    if (now - begin >= limitSeconds * 1000) {
      const more = evidence === undefined ? "" : `\n${await evidence()}`;
      throw new WaitExpired(`${what}: not there after ${limitSeconds} s; last state: ${finding}${more}`);
    }
    if (now - spoken >= 10_000) {
      spoken = now;
      progress?.(
        `waiting for ${what}: ${finding} (${Math.round((now - begin) / 1000)} of ${limitSeconds} s)`,
      );
    }
    await sleep(intervalSeconds * 1000, undefined, { signal });
  }
}

/** An error in one line, with its cause, which for failed requests holds the reason. */
export function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error && cause.message !== ""
    ? `${error.message} (${cause.message})`
    : error.message;
}
