import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { back, forward } from "./support/direction";
import { deletions, killAndGoOn, nthOf, seededRandom, nthOfMove } from "./support/faults";
import type { PivotLab } from "./support/lab";
import { userPause } from "./support/objects";
import { labsOfFile } from "./support/pool";

/** Changes which writes are killed besides the boundaries. */
const seed = Number(process.env.PIVOT_SEED ?? 20);
const random = seededRandom(seed);

const labs = labsOfFile(2);
const { inLab } = labs;
const stateOf = (lab: PivotLab, stack: string, file: string) =>
  readFile(join(lab.folder, ".state", stack, file), "utf8");

describe.concurrent("the move back to a bootstrap cluster", () => {
  it(
    "takes nothing of the verified move forward for its own, and disturbs nothing of it",
    inLab(async (lab) => {
      await lab.turnBack();
      const files = ["pivoted.json", "management.kubeconfig", "pivot/plan.json"];
      const kept = () => Promise.all(files.map((file) => stateOf(lab, forward.stack, file)));
      const before = await kept();
      expect(await lab.whereabouts()).toBe("target");
      const run = await lab.pivot();
      expect(run.output).toContain("state of the move: not-begun");
      expect(run.exitCode).toBe(0);
      expect(await lab.defects()).toEqual([]);
      expect(await kept()).toEqual(before);
      expect(await stateOf(lab, back.stack, "management.kubeconfig")).toBe(lab.proxies.source.kubeconfig);
      expect(await lab.whereabouts()).toBe("return");
    }),
  );

  it.each([
    ["the pause", nthOf("pause", 1), "not-begun"],
    ["the first deletion", nthOf("delete", 2), "deletion-begun"],
    ["the last deletion", nthOf("delete", deletions), "moved-but-paused"],
    ["the unpause", nthOf("unpause", 1), "done"],
    [`a write of the creation (seed ${seed})`, nthOf("create", Math.ceil(random() * 60)), "partly-created"],
    [
      `a write of the deletion (seed ${seed})`,
      nthOf("delete", 1 + Math.ceil(random() * (deletions - 3))),
      "deletion-begun",
    ],
  ])("ends with one owner when it is killed after %s", (_name, when, found) =>
    labs.use(async (lab) => {
      const outcome = await killAndGoOn(lab, when, { back: true });
      expect(outcome).toMatchObject({ found, defects: [] });
    }),
  );

  it(
    "keeps the status of a spare host that its user had paused before the cluster moved forward",
    inLab(async (lab) => {
      await lab.turnBack(userPause);
      const run = await lab.pivot();
      expect(run.exitCode, run.output).toBe(0);
      expect(await lab.defects(userPause)).toEqual([]);
    }),
  );
});

describe.concurrent("a bootstrap cluster that is lost while objects are moved back to it", () => {
  it(
    "is replaced by another when the cluster itself still has everything",
    inLab(async (lab) => {
      await lab.turnBack();
      await lab.pivotKilled(nthOfMove(lab, "create", 20));
      await lab.newBootstrap();
      const run = await lab.pivot();
      expect(run.exitCode, run.output).toBe(0);
      expect(await lab.defects()).toEqual([]);
    }),
  );

  it(
    "is not replaced when objects were lost with it: nothing is touched, and what is lost is named",
    inLab(async (lab) => {
      await lab.turnBack();
      await lab.pivotKilled(nthOfMove(lab, "delete", 30));
      await lab.newBootstrap();
      const left = [...(await lab.inventory(lab.from)).keys].sort();
      const run = await lab.pivot();
      expect(run.exitCode).toBe(1);
      expect(run.output).toMatch(/it cannot be told how to go on: .*to another cluster/);
      expect(run.output).toContain("npm run restore");
      for (const key of lab.expectedKeys.filter((known) => !left.includes(known))) {
        expect(run.output).toContain(key);
      }
      expect([...(await lab.inventory(lab.from)).keys].sort()).toEqual(left);
      expect((await lab.inventory(lab.to)).keys.size).toBe(0);
    }),
  );
});
