/**
 * Kills the pivot of a small cluster after every single write, some twice, and stops API servers in every stage. Half an hour
 * and more; settings: PIVOT_LABS (worlds side by side), PIVOT_WRITES=20-40 (a part of the writes), PIVOT_STEP=4 (every fourth of them), PIVOT_FAULTS=kills,twice,outages,lost,back.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { killAndGoOn, seededRandom } from "../pivot/support/faults";
import { userPause } from "../pivot/support/objects";
import { outage } from "../pivot/support/outages";
import { LabPool } from "../pivot/support/pool";
import { failures, Report } from "./report";
import { chosenWrites, faults, seed, step, worlds } from "./settings";
import { killAfter, sweep } from "./sweep";

const doubleKills = 24;
const outageSeconds = 30;

let labs: LabPool;
let writesOfAll = 0;
const report = new Report("pivot-sweep");

beforeAll(async () => {
  labs = await LabPool.start(worlds);
  await labs.use(async (lab) => {
    await lab.reset();
    expect((await lab.pivot()).exitCode).toBe(0);
    writesOfAll = lab.writes.done.length;
  });
});

afterAll(async () => {
  await labs.stop();
  report.write();
});

describe.runIf(faults.includes("kills"))("a pivot that is killed", () => {
  it("ends with one owner after every single write", async () => {
    const numbers = chosenWrites(writesOfAll);
    const outcomes = await killAfter(labs, report, numbers, (n) => ({
      sparePause: n % 2 === 1 ? userPause : undefined,
      elsewhere: n % 3 === 0,
    }));
    // A few writes depend on how often the program looks, so that a run can end before its last number.
    const killed = outcomes.filter(({ write }) => write !== undefined);
    const which = step === 1 ? "every write" : `every ${step}th write`;
    report.tabulate(
      `Killed after ${which} from ${numbers[0]} to ${numbers.at(-1)} (${writesOfAll} in a whole pivot)`,
      killed,
    );
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
    const outcomes = await sweep(
      labs,
      report,
      pairs,
      ([one, two]) => `killed after write ${one}, then after ${two} more`,
      (lab, [one = 1, two = 1]) => killAndGoOn(lab, ({ number }) => number === one, { again: two }),
    );
    report.tabulate(
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
    const outcomes = await sweep(
      labs,
      report,
      cases,
      ({ side, stage }) => `${side}'s API server away from ${stage} on`,
      async (lab, { side, stage }) => ({ side, stage, ...(await outage(lab, side, stage, outageSeconds)) }),
    );
    report.table(
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
