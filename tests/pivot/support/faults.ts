/** Kills at chosen writes, and what became of them. */
import type { Side } from "./direction";
import type { PivotLab, Run } from "./lab";
import { namespace, smallCluster } from "./objects";
import type { Write } from "./proxy";

/** Stages of a pivot by what is written in them; for tables. */
export type Stage =
  "lease" | "prepare" | "pause" | "create" | "delete" | "unpause" | "release" | "verify" | "end";

/** A kill and the run after it. */
export interface Outcome {
  readonly write: Write | undefined;
  readonly stage: Stage | undefined;
  /** What the second run found, by its own word. */
  readonly found: string;
  /** Runs after the kill until one ended well: more than one where the machine was too busy for a time limit. */
  readonly runs: number;
  readonly run: Run;
  readonly defects: readonly string[];
}

const inNamespace = `/namespaces/${namespace}/`;

/** Tells stages apart by the writes so far. */
export class Stages {
  private readonly seen: Stage[] = [];

  constructor(private readonly from: Side = "source") {}

  /** The stage of the next write. */
  of({ side, method, path }: Write): Stage {
    const stage = this.judge(side, method, path);
    this.seen.push(stage);
    return stage;
  }

  private judge(side: string, method: string, path: string): Stage {
    const has = (stage: Stage) => this.seen.includes(stage);
    if (path.includes("/leases")) return method === "DELETE" ? "end" : "lease";
    if (path.includes("/configmaps/pivot.")) return has("release") || has("verify") ? "end" : "prepare";
    if (side === this.from) {
      if (!path.includes(inNamespace)) return "prepare";
      if (has("create")) return "delete";
      return /\/clusters\//.test(path) ? "pause" : "prepare";
    }
    if (!has("delete")) return "create";
    if (/\/clusters\//.test(path)) return "unpause";
    return /\/baremetalhosts\//.test(path) ? "release" : "verify";
  }
}

/** Kills the program after a write of its first run, and lets it go on. */
export async function killAndGoOn(
  lab: PivotLab,
  when: (write: Write, stage: Stage) => boolean,
  options: {
    readonly sparePause?: string;
    /** Whether the second run is on another machine, which has no file of the first. */
    readonly elsewhere?: boolean;
    /** Writes after which the second run is killed too; a third one then goes on. */
    readonly again?: number;
    /** Whether it is the move back, after one forward that was verified. Not with `elsewhere`. */
    readonly back?: boolean;
  } = {},
): Promise<Outcome> {
  await (options.back ? lab.turnBack(options.sparePause) : lab.reset(options.sparePause));
  const stages = new Stages(lab.direction.from);
  let stage: Stage | undefined;
  const killed = await lab.pivotKilled((write) => {
    const now = stages.of(write);
    const hit = when(write, now);
    if (hit) stage = now;
    return hit;
  });
  if (options.elsewhere) lab.folder = await lab.checkout();
  if (options.again !== undefined) {
    let writes = 0;
    await lab.pivotKilled(() => ++writes === options.again);
  }
  const misplaced = options.back ? await misplacedObjects(lab) : [];
  const first = await lab.pivot();
  let run = first;
  let runs = 1;
  for (; run.exitCode !== 0 && runs < 3; runs++) run = await lab.pivot();
  return {
    runs,
    write: killed.last,
    stage,
    found: /state of the move: ([\w-]+)/.exec(first.output)?.[1] ?? "nothing",
    run,
    defects: [
      ...misplaced,
      ...(run.exitCode === 0 ? [] : [`exit code ${run.exitCode}`]),
      ...(await lab.defects(options.sparePause)),
    ],
  };
}

/**
 * Where the next `pulumi destroy` would take the objects to be: still on the cluster itself, which it moves back from, or on the
 * bootstrap cluster, whose machines it releases at once. The latter must have everything then.
 */
async function misplacedObjects(lab: PivotLab): Promise<string[]> {
  const at = await lab.whereabouts();
  if (at === "target") return [];
  if (at !== "return") return [`a destroy takes the objects to be at "${at}"`];
  const { keys } = await lab.inventory(lab.to);
  return lab.expectedKeys.filter((key) => !keys.has(key)).map((key) => `released without ${key}`);
}

/** Writes by which a small cluster is deleted on the source: a mark and a deletion of each object, and the end of its finalizers. */
export const deletions = smallCluster().reduce(
  (sum, { object }) => sum + (object.metadata.finalizers?.length ? 3 : 2),
  0,
);

/** Picks the n-th write of a stage. */
export function nthOf(wanted: Stage, n: number): (write: Write, stage: Stage) => boolean {
  let count = 0;
  return (_write, stage) => stage === wanted && ++count === n;
}

/** Random numbers from 0 to 1 that are the same for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Picks the n-th write of a stage of the lab's move, as it is directed now. */
export function nthOfMove(lab: PivotLab, stage: Stage, n: number): (write: Write) => boolean {
  const stages = new Stages(lab.direction.from);
  const pick = nthOf(stage, n);
  return (write) => pick(write, stages.of(write));
}

/** Paths of whatever the program has written besides leases. */
export function writtenPaths(lab: PivotLab): string[] {
  return lab.writes.done.map(({ path }) => path).filter((path) => !path.includes("/leases"));
}
