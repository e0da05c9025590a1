/** A list of faults, each tried in whichever world is free. */
import { killAndGoOn, type Outcome } from "../pivot/support/faults";
import type { PivotLab } from "../pivot/support/lab";
import type { LabPool } from "../pivot/support/pool";
import type { Report } from "./report";

/** What every fault comes to. */
interface Seen {
  readonly found?: string;
  readonly defects: readonly string[];
}

/** Tries every fault, and notes each as soon as it is over. @param name A fault in words. */
export async function sweep<T, R extends Seen>(
  labs: LabPool,
  report: Report,
  faults: readonly T[],
  name: (fault: T) => string,
  attempt: (lab: PivotLab, fault: T) => Promise<R>,
): Promise<R[]> {
  return Promise.all(
    faults.map((fault) =>
      labs.use(async (lab) => {
        const result = await attempt(lab, fault);
        report.note(faults.length, name(fault), result.found, result.defects);
        return result;
      }),
    ),
  );
}

/** Kills the program after each of the writes with these numbers, and lets it go on. */
export async function killAfter(
  labs: LabPool,
  report: Report,
  numbers: readonly number[],
  options: (n: number) => Parameters<typeof killAndGoOn>[2],
): Promise<Outcome[]> {
  return sweep(
    labs,
    report,
    numbers,
    (n) => `killed after write ${n}`,
    (lab, n) => killAndGoOn(lab, ({ number }) => number === n, options(n)),
  );
}
