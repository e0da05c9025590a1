/** Kills the move back of `pulumi destroy` after every single write; settings as in pivotKills.test.ts. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { userPause } from "../pivot/support/objects";
import { LabPool } from "../pivot/support/pool";
import { failures, Report } from "./report";
import { chosenWrites, faults, step, worlds } from "./settings";
import { killAfter } from "./sweep";

const report = new Report("back-sweep");

describe.runIf(faults.includes("back"))("a move back that is killed", () => {
  let labs: LabPool;
  let writesOfAll = 0;

  beforeAll(async () => {
    labs = await LabPool.start(worlds);
    await labs.use(async (lab) => {
      await lab.turnBack();
      expect((await lab.pivot()).exitCode).toBe(0);
      writesOfAll = lab.writes.done.length;
    });
  });

  afterAll(async () => {
    await labs.stop();
    report.write();
  });

  it("ends on the original side after every single write", async () => {
    const numbers = chosenWrites(writesOfAll);
    const outcomes = await killAfter(labs, report, numbers, (n) => ({
      back: true,
      sparePause: n % 2 === 1 ? userPause : undefined,
    }));
    const killed = outcomes.filter(({ write }) => write !== undefined);
    const which = step === 1 ? "every write" : `every ${step}th write`;
    report.tabulate(
      `Moved back, killed after ${which} from ${numbers[0]} to ${numbers.at(-1)} (${writesOfAll} in a whole move)`,
      killed,
    );
    expect(failures(outcomes)).toEqual([]);
    expect(killed.length).toBeGreaterThan(numbers.length * 0.9);
  });
});
