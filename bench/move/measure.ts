import { rm } from "node:fs/promises";
import { join } from "node:path";
import { note, track } from "../../lab/setup/progress";
import { Stopwatch } from "../stopwatch";
import { population, type PopulationSize } from "./population";
import type { MoveRun } from "./results";
import { moveBare, movePivot, type PivotTimes } from "./ways";
import { type Beginning, MoveWorld, prepare } from "./world";

/** What is measured, and where its logs go. */
export interface MoveMeasurement {
  readonly size: PopulationSize;
  readonly runs: number;
  /** Existing folder. */
  readonly folder: string;
  readonly signal: AbortSignal;
  /** Told each run as soon as it is over. */
  readonly onRun: (run: MoveRun) => void;
}

/**
 * Both ways at one size, as often as asked. Each begins with API servers that hold the same bytes; who is first changes with
 * every run.
 *
 * @throws Error when a way fails, or does not move everything
 */
export async function measureMoves({ size, runs, folder, signal, onRun }: MoveMeasurement): Promise<void> {
  const subject = `${size.hosts} hosts`;
  const stores = join(folder, `stores-${size.hosts}`);
  try {
    const beginning = await track(subject, "making the objects", () => prepare(stores, population(size)));
    for (let run = 1; run <= runs; run++) {
      const bare = (log: string) => fromBeginning(beginning, log, signal, moveBare);
      const program = (log: string) => fromBeginning(beginning, log, signal, movePivot);
      const log = (way: string) => join(folder, `${size.hosts}-${run}-${way}.log`);
      const say = (way: string) => `run ${run} of ${runs}, ${way}`;
      const first = run % 2 === 1 ? "bare" : "program";
      let bareSeconds = 0;
      let times: PivotTimes | undefined;
      for (const way of first === "bare" ? ["bare", "program"] : ["program", "bare"]) {
        if (way === "bare") bareSeconds = await track(subject, say(way), () => bare(log(way)));
        else times = await track(subject, say(way), () => program(log(way)));
      }
      if (!times) throw new Error("the program was not measured");
      const { gate = 0, prepare: preparing = 0, move = 0, verify = 0 } = times.stages;
      note(
        subject,
        `bare ${bareSeconds.toFixed(1)} s, move step ${move} s, pivot ${times.seconds.toFixed(1)} s`,
      );
      onRun({
        hosts: size.hosts,
        inUse: size.controlPlanes + size.workers,
        objects: beginning.keys.length,
        bareSeconds,
        pivotSeconds: times.seconds,
        stages: { gate, prepare: preparing, move, verify },
        first,
      });
    }
  } finally {
    await rm(stores, { recursive: true, force: true });
  }
}

/** How often a way is begun again because the benchmark was stopped in the middle of it. */
const repetitions = 2;

/**
 * Lets one way move everything, on API servers of its own, and looks at what came of it. Once more when the benchmark was
 * stopped meanwhile: the program's own account of its stages has that time in it.
 */
async function fromBeginning<T>(
  beginning: Beginning,
  log: string,
  signal: AbortSignal,
  way: (world: MoveWorld, log: string, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    const world = await MoveWorld.start(beginning, signal);
    try {
      const watch = new Stopwatch();
      let heldSeconds = 0;
      const result = await way(world, log, signal).finally(() => ({ heldSeconds } = watch.stop()));
      const defects = await world.defects(beginning);
      if (defects.length > 0)
        throw new Error(`not moved as it should be: ${defects.slice(0, 20).join("; ")}`);
      if (heldSeconds === 0 || attempt === repetitions) return result;
      note("bench", `was stopped for ${heldSeconds.toFixed(0)} s; once more`);
    } finally {
      await world.stop();
    }
  }
}
