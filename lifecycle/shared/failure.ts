/** What a failed program tells its user, besides the one sentence of the message. */
export interface FailureDetails {
  /** What was seen, one fact a line: states, conditions, events, ends of logs. Never a secret. */
  readonly evidence?: readonly string[];
  /** What the user can do about it. */
  readonly remedy?: string;
}

/** An expected end of a lifecycle program: reported without a stack trace. */
export class LifecycleFailure extends Error {
  readonly evidence: readonly string[];
  readonly remedy?: string;

  /**
   * @param message What failed and where, naming the object: "host-1: registration error: ...".
   */
  constructor(message: string, details: FailureDetails = {}) {
    super(message);
    this.name = "LifecycleFailure";
    this.evidence = details.evidence ?? [];
    this.remedy = details.remedy;
  }
}

/** The text of anything that can be thrown, causes included, in one line. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) {
    return String(error);
  }
  const own = error.message || error.name;
  const cause = error.cause === undefined ? "" : errorText(error.cause);
  return (cause && !own.includes(cause) ? `${own}: ${cause}` : own).replace(/\s*\n\s*/g, " ");
}
