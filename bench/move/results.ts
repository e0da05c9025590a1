import { z } from "zod";

/** One run of both ways at one size. */
export const moveRun = z.object({
  hosts: z.number().int().positive(),
  /** Hosts that machines use. */
  inUse: z.number().int().positive(),
  /** Objects that move. */
  objects: z.number().int().positive(),
  /** Whole seconds and parts of bare `clusterctl move`. */
  bareSeconds: z.number().positive(),
  /** The program's pivot as a whole. */
  pivotSeconds: z.number().positive(),
  /** Its own account by stage; "move" is the `clusterctl move` in it. */
  stages: z.object({ gate: z.number(), prepare: z.number(), move: z.number(), verify: z.number() }),
  /** Which way came first. */
  first: z.enum(["bare", "program"]),
});

/** One run of both ways at one size. */
export type MoveRun = z.output<typeof moveRun>;

/** Results of one or more calls, as they are kept in `results.json`. */
export const moveRuns = z.array(moveRun);

/** Runs by number of hosts, the smallest first. Pure. */
export function bySize(runs: readonly MoveRun[]): MoveRun[][] {
  const sizes = new Map<string, MoveRun[]>();
  for (const run of [...runs].sort((a, b) => a.hosts - b.hosts || a.inUse - b.inUse)) {
    const key = `${run.hosts} ${run.inUse}`;
    sizes.set(key, [...(sizes.get(key) ?? []), run]);
  }
  return [...sizes.values()];
}
