/** Span of one of the nine steps. */
export interface StepSeconds {
  /** 1 to 9. */
  readonly step: number;
  readonly name: string;
  readonly seconds: number;
}

/** A line by which the runbook says that a step begins or ends. */
export interface Mark {
  readonly step: number;
  readonly event: "begins" | "ends";
  /** Seconds since the epoch. */
  readonly at: number;
  /** Of a begin. */
  readonly name?: string;
}

const pattern = /^==> step (\d+) (begins|ends) (\d+(?:\.\d+)?)(?: (.+))?$/;

/** The mark in a line of the runbook's output, if it is one. Pure. */
export function parseMark(line: string): Mark | undefined {
  const found = pattern.exec(line.trimEnd());
  if (!found) return undefined;
  const [, step, event, at, name] = found;
  return {
    step: Number(step),
    event: event as Mark["event"],
    at: Number(at),
    ...(name === undefined ? {} : { name }),
  };
}

/**
 * The steps between their marks, in order. Pure.
 *
 * @throws Error when a step has no end, ends without a begin, or comes twice
 */
export function stepsFromMarks(marks: readonly Mark[]): StepSeconds[] {
  const steps: StepSeconds[] = [];
  let open: Mark | undefined;
  for (const mark of marks) {
    if (mark.event === "begins") {
      if (open) throw new Error(`step ${open.step} of the runbook has no end`);
      if (steps.some(({ step }) => step === mark.step)) throw new Error(`step ${mark.step} begins twice`);
      open = mark;
    } else {
      if (open?.step !== mark.step)
        throw new Error(`step ${mark.step} of the runbook ends, but did not begin`);
      steps.push({ step: mark.step, name: open.name ?? "", seconds: mark.at - open.at });
      open = undefined;
    }
  }
  if (open) throw new Error(`step ${open.step} of the runbook has no end`);
  return steps;
}
