import { errorText } from "../shared/failure";
import type { Context } from "../shared/context";
import type { IronicCredentialsResult } from "../inputs/ironicCredentials";
import type { HandoverGap } from "../inputs/ironicHandover";
import { askIronic } from "../shared/ironicApi";

/** Milliseconds between two questions: the accuracy of the gap's beginning. */
const intervalMilliseconds = 150;

/** Asks an API over and over until it stops to answer, and remembers when it last did. */
export class AnswerWatch {
  private last: number | undefined;
  private stopped = false;

  /** Begins to ask. The first question is under way when this returns. */
  static start(
    context: Context,
    endpoint: string,
    credentials: Pick<IronicCredentialsResult, "username" | "password" | "caCertificate">,
  ): AnswerWatch {
    const watch = new AnswerWatch();
    const ask = async () => {
      while (!watch.stopped && !context.signal.aborted) {
        const askedAt = Date.now();
        const { kind } = await askIronic(endpoint, credentials, context.signal);
        if (watch.stopped) {
          // Whoever answers now may be another.
          return;
        }
        if (kind === "answers") {
          watch.last = askedAt;
        } else if (watch.last !== undefined) {
          return;
        }
        await new Promise((resolve) => setTimeout(resolve, intervalMilliseconds));
      }
    };
    void ask().catch((error: unknown) => context.progress(`the API is not watched: ${errorText(error)}`));
    return watch;
  }

  /** When the last question that got an answer was asked (milliseconds since the epoch); undefined when none did. */
  get lastAnsweredAt(): number | undefined {
    return this.last;
  }

  stop(): void {
    this.stopped = true;
  }
}

/** Moments of a hand-over, milliseconds since the epoch. */
export interface HandoverMoments {
  /** The source's API answered for the last time, or was told to stop where it was not watched. */
  readonly lostAt: number | undefined;
  /** The last pod of the source's Ironic was gone. */
  readonly goneAt: number;
  /** The wire was proved silent. */
  readonly silentAt: number;
  /** The target's API answered for the first time. */
  readonly answeredAt: number;
}

/** The time without Ironic and its parts, in seconds with one decimal; undefined when its beginning is not known. Pure. */
export function measureGap({
  lostAt,
  goneAt,
  silentAt,
  answeredAt,
}: HandoverMoments): HandoverGap | undefined {
  if (lostAt === undefined) {
    return undefined;
  }
  const seconds = (from: number, to: number) => Math.max(0, Math.round((to - from) / 100) / 10);
  return {
    seconds: seconds(lostAt, answeredAt),
    stopping: seconds(lostAt, goneAt),
    silence: seconds(goneAt, silentAt),
    starting: seconds(silentAt, answeredAt),
    from: new Date(lostAt).toISOString(),
    until: new Date(answeredAt).toISOString(),
  };
}
