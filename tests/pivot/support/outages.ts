/** API servers that are away for a while, at chosen moments of a pivot. */
import { type Stage, Stages } from "./faults";
import type { PivotLab } from "./lab";

/** What became of one outage. */
export interface OutageOutcome {
  /** Whether the run that met it ended well by itself. */
  readonly survived: boolean;
  /** What the run after it found; undefined when there was none. */
  readonly found: string | undefined;
  readonly defects: readonly string[];
}

/**
 * Runs a pivot while an API server is away from the first write of a stage on (in the gate: from the beginning on), and once
 * more if that run fails.
 */
export async function outage(
  lab: PivotLab,
  side: "source" | "target",
  when: Stage | "gate",
  seconds: number,
): Promise<OutageOutcome> {
  await lab.reset();
  const proxy = lab.proxies[side];
  const stages = new Stages();
  let begun = false;
  const begin = () => {
    if (begun) return;
    begun = true;
    proxy.refuse(true);
    setTimeout(() => proxy.refuse(false), seconds * 1000);
  };
  lab.writes.onWrite = (write) => {
    const stage = stages.of(write);
    if (stage === when || (when === "gate" && stage === "lease")) begin();
  };
  const first = await lab.pivot();
  lab.writes.onWrite = () => undefined;
  if (!begun) return { survived: false, found: undefined, defects: [`stage ${when} was never reached`] };
  proxy.refuse(false);
  const survived = first.exitCode === 0;
  const second = survived ? undefined : await lab.pivot();
  const found = second && (/state of the move: ([\w-]+)/.exec(second.output)?.[1] ?? "nothing");
  const failed =
    second && second.exitCode !== 0 ? [`exit code ${second.exitCode}: ${second.output.slice(-600)}`] : [];
  return { survived, found, defects: [...failed, ...(await lab.defects())] };
}
