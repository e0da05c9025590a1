/**
 * Kills the pivot of a small cluster after every single write, some twice, and stops API servers in every stage. Half an hour
 * and more; settings: PIVOT_LABS (worlds side by side), PIVOT_WRITES=20-40 (a part of the writes), PIVOT_STEP=4 (every fourth of them), PIVOT_FAULTS=kills,twice,outages,lost.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { toolchainDir } from "../../lab/setup/paths";
import { type Outcome, killAndGoOn, seededRandom, type Stage } from "../pivot/support/faults";
import type { PivotLab } from "../pivot/support/lab";
import { userPause } from "../pivot/support/objects";
import { outage } from "../pivot/support/outages";
import { LabPool } from "../pivot/support/pool";

const faults = (process.env.PIVOT_FAULTS ?? "kills,twice,outages,lost").split(",");
const [first = 1, last = Infinity] = (process.env.PIVOT_WRITES ?? "1-")
  .split("-")
  .map((n) => Number(n || Infinity));
const step = Number(process.env.PIVOT_STEP ?? 1);
const seed = Number(process.env.PIVOT_SEED ?? 20);
const doubleKills = 24;
const outageSeconds = 30;

let labs: LabPool;
let writesOfAll = 0;
const tables: string[] = [];

beforeAll(async () => {
  labs = await LabPool.start(Number(process.env.PIVOT_LABS ?? 3));
  await labs.use(async (lab) => {
    await lab.reset();
    expect((await lab.pivot()).exitCode).toBe(0);
    writesOfAll = lab.writes.done.length;
  });
});

afterAll(async () => {
  await labs.stop();
  const folder = join(toolchainDir, "test-results");
  mkdirSync(folder, { recursive: true });
  const text = `${tables.join("\n\n")}\n`;
  writeFileSync(join(folder, `pivot-sweep-${Date.now()}.md`), text);
  process.stdout.write(text);
});

/** Does the work for every item, each in whichever world is free. */
async function inLabs<T, R>(items: readonly T[], work: (lab: PivotLab, item: T) => Promise<R>): Promise<R[]> {
  return Promise.all(items.map((item) => labs.use((lab) => work(lab, item))));
}

function table(
  title: string,
  heads: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): void {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(" | ")} |`;
  tables.push([title, "", line(heads), line(heads.map(() => "---")), ...rows.map(line)].join("\n"));
}

function count<T>(items: readonly T[], of: (item: T) => string): [string, number][] {
  const counts = new Map<string, number>();
  items.forEach((item) => counts.set(of(item), (counts.get(of(item)) ?? 0) + 1));
  return [...counts];
}

function tabulate(title: string, outcomes: readonly Outcome[]): void {
  const stages: Stage[] = [
    "lease",
    "prepare",
    "pause",
    "create",
    "delete",
    "unpause",
    "release",
    "verify",
    "end",
  ];
  table(
    `${title} (${writesOfAll} writes in a whole pivot)`,
    [
      "killed within",
      "runs",
      "the next run found",
      "right at the end",
      "after more runs",
      "seconds of the last, mean",
    ],
    stages.flatMap((stage) => {
      const here = outcomes.filter((outcome) => outcome.stage === stage);
      if (here.length === 0) return [];
      const seconds = here.reduce((sum, { run }) => sum + run.seconds, 0) / here.length;
      const found = count(here, (outcome) => outcome.found).map(([name, n]) => `${name} ${n}`);
      const right = here.filter(({ defects }) => defects.length === 0).length;
      const more = here.filter(({ runs }) => runs > 1).length;
      return [[stage, here.length, found.join(", "), `${right} of ${here.length}`, more, seconds.toFixed(1)]];
    }),
  );
}

function failures(outcomes: readonly Outcome[]): string[] {
  return outcomes
    .filter(({ defects }) => defects.length > 0)
    .map(
      ({ write, found, defects, run }) =>
        `${JSON.stringify(write)}: found ${found}; ${defects.join("; ")}; ${run.output.slice(-1500)}`,
    );
}

describe.runIf(faults.includes("kills"))("a pivot that is killed", () => {
  it("ends with one owner after every single write", async () => {
    const numbers = Array.from({ length: writesOfAll }, (_, index) => index + 1).filter(
      (n) => n >= first && n <= last && (n - first) % step === 0,
    );
    const outcomes = await inLabs(numbers, (lab, n) =>
      killAndGoOn(lab, ({ number }) => number === n, {
        sparePause: n % 2 === 1 ? userPause : undefined,
        elsewhere: n % 3 === 0,
      }),
    );
    // A few writes depend on how often the program looks, so that a run can end before its last number.
    const killed = outcomes.filter(({ write }) => write !== undefined);
    const which = step === 1 ? "every write" : `every ${step}th write`;
    tabulate(`Killed after ${which} from ${numbers[0]} to ${numbers.at(-1)}`, killed);
    expect(failures(outcomes)).toEqual([]);
    expect(killed.length).toBeGreaterThan(numbers.length * 0.9);
  });
});

describe.runIf(faults.includes("twice"))("a pivot that is killed twice", () => {
  it("ends with one owner", async () => {
    const random = seededRandom(seed);
    const pairs = Array.from({ length: doubleKills }, () =>
      [random(), random()].map((n) => Math.ceil(n * writesOfAll)),
    );
    const outcomes = await inLabs(pairs, (lab, [one = 1, two = 1]) =>
      killAndGoOn(lab, ({ number }) => number === one, { again: two }),
    );
    tabulate(
      `Killed twice, seed ${seed}; by the first kill`,
      outcomes.filter(({ write }) => write),
    );
    expect(failures(outcomes)).toEqual([]);
  });
});

describe.runIf(faults.includes("outages"))("a pivot whose API server is away", () => {
  it(`ends with one owner when it is away for ${outageSeconds} s in any stage`, async () => {
    const stages = ["gate", "prepare", "pause", "create", "delete", "unpause", "release"] as const;
    const cases = (["source", "target"] as const).flatMap((side) => stages.map((stage) => ({ side, stage })));
    const outcomes = await inLabs(cases, async (lab, { side, stage }) => ({
      side,
      stage,
      ...(await outage(lab, side, stage, outageSeconds)),
    }));
    table(
      `API server away for ${outageSeconds} s`,
      ["side", "from the first write of", "that run", "the next run found", "right at the end"],
      outcomes.map(({ side, stage, survived, found, defects }) => [
        side,
        stage,
        survived ? "went on by itself" : "failed",
        found ?? "",
        defects.length === 0 ? "yes" : defects.join("; "),
      ]),
    );
    expect(outcomes.filter(({ defects }) => defects.length > 0)).toEqual([]);
  });
});

describe.runIf(faults.includes("lost"))("a pivot whose first machine is lost", () => {
  it("takes the lease over when nobody renews it, and not before", async () => {
    await labs.use(async (lab) => {
      await lab.reset();
      await lab.leaseElsewhere();
      const run = await lab.pivot();
      expect(run.output).toContain("which does not renew it");
      expect(run.exitCode).toBe(0);
      expect(run.seconds).toBeGreaterThan(30);
      expect(await lab.defects()).toEqual([]);
    });
  });

  it("gives way when it lives after all", async () => {
    await labs.use(async (lab) => {
      await lab.reset();
      await lab.leaseElsewhere();
      const renewal = setInterval(() => void lab.renewElsewhere(), 1000);
      const run = await lab.pivot().finally(() => clearInterval(renewal));
      expect(run.output).toContain("another run moves this cluster: somebody@elsewhere");
      expect(run.exitCode).toBe(1);
    });
  });
});
