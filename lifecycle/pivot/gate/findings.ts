/** One thing that the gate has found. */
export interface Finding {
  /** "error" stops the pivot, "warning" is shown. */
  readonly severity: "error" | "warning";
  /** Whether it may go away by itself; the gate waits for that, within its limit. */
  readonly transient: boolean;
  /** What it is about: "BareMetalHost metal3/host-1". */
  readonly object: string;
  readonly reason: string;
  readonly remedy: string;
}

/** A finding in one line. */
export function findingLine({ severity, object, reason, remedy }: Finding): string {
  return `${severity}: ${object}: ${reason}; remedy: ${remedy}`;
}

/** An error that only a person can mend. */
export function refusal(object: string, reason: string, remedy: string): Finding {
  return { severity: "error", transient: false, object, reason, remedy };
}

/** An error that may settle by itself. */
export function unsettled(object: string, reason: string, remedy: string): Finding {
  return { severity: "error", transient: true, object, reason, remedy };
}

/** Something worth knowing that does not stop the pivot. */
export function warning(object: string, reason: string, remedy: string): Finding {
  return { severity: "warning", transient: false, object, reason, remedy };
}
