import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { field } from "../../lifecycle/shared/kube/objects";
import { types } from "../../lifecycle/shared/kube/types";
import { deletions, killAndGoOn, nthOf, seededRandom, writtenPaths } from "./support/faults";
import { clusterName, namespace, userPause } from "./support/objects";
import { labsOfFile } from "./support/pool";

/** Changes which writes are killed besides the boundaries. */
const seed = Number(process.env.PIVOT_SEED ?? 20);
const random = seededRandom(seed);
const cluster = { ...types.cluster, namespace, name: clusterName };

const labs = labsOfFile(2);
const { inLab } = labs;

describe.concurrent("a pivot between two API servers", () => {
  it(
    "moves everything, and finds nothing to do afterwards",
    inLab(async (lab) => {
      await lab.reset(userPause);
      const run = await lab.pivot();
      expect(run.output).toContain("state of the move: not-begun");
      expect(await lab.defects(userPause)).toEqual([]);
      const before = writtenPaths(lab).length;
      const again = await lab.pivot();
      expect(again.output).toContain("state of the move: done");
      expect(again.exitCode).toBe(0);
      expect(writtenPaths(lab).slice(before)).toEqual([]);
    }),
  );

  it.each([
    ["the pause", nthOf("pause", 1), "not-begun"],
    ["the first deletion", nthOf("delete", 2), "deletion-begun"],
    ["the last deletion", nthOf("delete", deletions), "moved-but-paused"],
    ["the unpause", nthOf("unpause", 1), "done"],
  ])("ends with one owner when it is killed after %s", (_name, when, found) =>
    labs.use(async (lab) => {
      const outcome = await killAndGoOn(lab, when, { sparePause: userPause });
      expect(outcome).toMatchObject({ found, defects: [] });
    }),
  );

  it.each([
    ["creation", "create" as const, Math.ceil(random() * 60), "partly-created"],
    ["deletion", "delete" as const, 1 + Math.ceil(random() * (deletions - 3)), "deletion-begun"],
  ])(`goes on from another machine after a kill within the %s (seed ${seed})`, (_name, stage, n, found) =>
    labs.use(async (lab) => {
      const outcome = await killAndGoOn(lab, nthOf(stage, n), { elsewhere: true });
      expect(outcome).toMatchObject({ found, defects: [] });
    }),
  );
});

describe.concurrent("a pivot that must not begin", () => {
  it(
    "leaves a Cluster that its user has paused",
    inLab(async (lab) => {
      await lab.reset();
      await lab.source.patch(cluster, "merge", { spec: { paused: true } });
      const run = await lab.pivot();
      expect(run.exitCode).toBe(1);
      expect(run.output).toContain("is paused");
      expect(field(await lab.source.get(cluster), "spec", "paused")).toBe(true);
      expect(writtenPaths(lab)).toEqual([]);
    }),
  );

  it(
    "touches nothing while the definition of HardwareData lacks its label",
    inLab(async (lab) => {
      await lab.reset();
      const definition = { ...types.customResourceDefinition, name: "hardwaredata.metal3.io" };
      const label = (value: string | null) =>
        lab.source.patch(definition, "merge", {
          metadata: { labels: { "clusterctl.cluster.x-k8s.io/move": value } },
        });
      await label(null);
      const run = await lab.pivot().finally(() => label(""));
      expect(run.output).toContain("hardwaredata.metal3.io on the source: lacks the labels");
      expect(writtenPaths(lab)).toEqual([]);
    }),
  );

  it(
    "touches nothing when its notes do not fit on the disk, and goes on when there is room",
    inLab(async (lab) => {
      await lab.reset();
      const state = join(lab.folder, ".state");
      await mkdir(state);
      await execa("mount", ["-t", "tmpfs", "-o", "size=8k", "none", state]);
      try {
        const run = await lab.pivot();
        expect(run.output).toMatch(/ENOSPC|no space left/);
        expect(run.exitCode).toBe(1);
        expect(writtenPaths(lab)).toEqual([]);
        await execa("mount", ["-o", "remount,size=8m", state]);
        expect((await lab.pivot()).exitCode).toBe(0);
        expect(await lab.defects()).toEqual([]);
      } finally {
        await execa("umount", [state]);
      }
      expect(existsSync(join(state, "dev"))).toBe(false);
    }),
  );
});

describe.concurrent("a pivot that is not alone", () => {
  it(
    "tells a second runner who moves the cluster, and is not disturbed by it",
    inLab(async (lab) => {
      await lab.reset();
      let goOn: () => void = () => undefined;
      const held = new Promise<void>((resolve) => (goOn = resolve));
      const reached = new Promise<void>((resolve) => {
        let creates = 0;
        lab.writes.onWrite = async ({ side, method, path }) => {
          const counts = side === "target" && method === "POST" && path.includes(`/${namespace}/`);
          if (counts && ++creates === 5) {
            resolve();
            await held;
          }
        };
      });
      const first = lab.pivot();
      await reached;
      const writes = lab.writes.done.length;
      const second = await lab.pivot({ folder: await lab.checkout() });
      goOn();
      expect(second.output).toMatch(
        /another run moves this cluster: \S+@\S+, process \d+, stack dev, since 20/,
      );
      expect(second.output).toMatch(/valid until 20/);
      expect(second.exitCode).toBe(1);
      expect(lab.writes.done.length).toBe(writes);
      expect((await first).exitCode).toBe(0);
      expect(await lab.defects()).toEqual([]);
    }),
  );
});
