/** What stands in the way of a move, before it and in the middle of it: what the next run does, and how it ends. */
import { describe, expect, it } from "vitest";
import { types } from "../../lifecycle/shared/kube/types";
import { nthOfMove, type Stage, writtenPaths } from "./support/faults";
import type { PivotLab } from "./support/lab";
import { namespace } from "./support/objects";
import { labsOfFile } from "./support/pool";
import { addIronicPod, addOperator, addOperatorPod, operatorRef } from "./support/population";
import { pools, restoreWebhook, silenceWebhook } from "./support/webhooks";

const labs = labsOfFile(2);
const { inLab } = labs;

async function refused(lab: PivotLab, why: RegExp): Promise<void> {
  const before = writtenPaths(lab);
  const run = await lab.pivot({ limits: { gate: 15 } });
  expect(run.output).toMatch(why);
  expect(run.exitCode).toBe(1);
  expect(writtenPaths(lab)).toEqual(before);
}

async function goesOn(lab: PivotLab, from: string): Promise<void> {
  const run = await lab.pivot();
  expect(run.output).toContain(`state of the move: ${from}`);
  expect(run.exitCode, run.output).toBe(0);
  expect(await lab.defects()).toEqual([]);
}

describe.concurrent("a webhook of the target that does not answer", () => {
  const why = /IPPool metal3\/lab-pool on the target:? cannot be created \(dry run\).*failed calling webhook/;

  it(
    "keeps a move from beginning",
    inLab(async (lab) => {
      await lab.reset();
      await silenceWebhook(lab.target, pools);
      await refused(lab, why);
      await restoreWebhook(lab.target, pools);
      await goesOn(lab, "not-begun");
    }),
  );

  it(
    "is waited for in the middle of the creation",
    inLab(async (lab) => {
      await lab.reset();
      let restored: Promise<void> | undefined;
      onceIn(lab, "create", 1, async () => {
        await silenceWebhook(lab.target, pools);
        restored = later(10, () => restoreWebhook(lab.target, pools));
      });
      await goesOn(lab, "not-begun");
      expect(restored).toBeDefined();
      await restored;
    }),
  );

  it(
    "keeps the next run from going on, too, and not the one after it",
    inLab(async (lab) => {
      await lab.reset();
      onceIn(lab, "create", 1, () => silenceWebhook(lab.target, pools));
      const run = await lab.pivot({ limits: { move: 15 } });
      expect(run.output).toContain("clusterctl move failed");
      expect(run.exitCode).toBe(1);
      await refused(lab, why);
      await restoreWebhook(lab.target, pools);
      await goesOn(lab, "partly-created");
    }),
  );
});

describe.concurrent("what still runs on the source", () => {
  it(
    "is waited for, when it is the operator: no host is touched before its pod is gone",
    inLab(async (lab) => {
      await lab.reset();
      const pod = await addOperatorPod(lab.source, "operator-0");
      let gone = false;
      const early: string[] = [];
      lab.writes.onWrite = ({ side, path }) => {
        if (side !== "source") return;
        if (path.endsWith(`/deployments/${operatorRef.name}`)) {
          void later(4, async () => {
            gone = true;
            await lab.source.delete(pod);
          });
        } else if (path.includes(`/namespaces/${namespace}/`) && !gone) {
          early.push(path);
        }
      };
      await goesOn(lab, "not-begun");
      expect(gone).toBe(true);
      expect(early).toEqual([]);
    }),
  );

  it(
    "stops the move, when it is Ironic",
    inLab(async (lab) => {
      await lab.reset();
      await lab.target.delete(operatorRef);
      await addOperator(lab.target, []);
      const pod = await addIronicPod(lab.source, "ironic-0");
      await refused(
        lab,
        /Pod \S+\/ironic-0 on the source: still runs, and the source is about to lose its hosts/,
      );
      await addIronicPod(lab.target, "ironic-1");
      await refused(lab, /ironic-0 on the source: runs while Pod \S+\/ironic-1 runs on the target/);
      await lab.source.delete(pod);
      await goesOn(lab, "not-begun");
    }),
  );
});

describe.concurrent("a host in work", () => {
  const host = { ...types.bareMetalHost, namespace, name: "host-1" };
  const inState = (lab: PivotLab, state: string) =>
    lab.source.patch(host, "merge", { status: { provisioning: { state } } }, { subresource: "status" });

  it(
    "is waited for, and keeps a move from beginning when it does not come to an end",
    inLab(async (lab) => {
      await lab.reset();
      await inState(lab, "provisioning");
      await refused(lab, /gave up waiting for everything to be steady.*host-1 is provisioning/);
      const done = later(3, () => inState(lab, "provisioned"));
      await goesOn(lab, "not-begun");
      await done;
    }),
  );
});

describe.concurrent("a deletion that fails for a while", () => {
  it.each([500, 429])("is repeated by clusterctl (HTTP %i)", (status) =>
    labs.use(async (lab) => {
      await lab.reset();
      const refusals = failDeletions(lab, status, 6);
      await goesOn(lab, "not-begun");
      expect(refusals()).toBeGreaterThan(0);
    }),
  );

  it.each([500, 429])("is repeated by a run that goes on (HTTP %i)", (status) =>
    labs.use(async (lab) => {
      await lab.reset();
      await lab.pivotKilled(nthOfMove(lab, "delete", 20));
      const refusals = failDeletions(lab, status, 6);
      await goesOn(lab, "deletion-begun");
      expect(refusals()).toBeGreaterThan(0);
    }),
  );
});

/** Refuses deletions of what moves on the source, from the first one on. @returns How often that was done. */
function failDeletions(lab: PivotLab, status: number, seconds: number): () => number {
  let count = 0;
  let until = Infinity;
  lab.proxies.source.answerInstead = (method, path) => {
    if (method !== "DELETE" || !path.includes(`/namespaces/${namespace}/`)) return undefined;
    if (count === 0) until = Date.now() + seconds * 1000;
    if (Date.now() > until) return undefined;
    count++;
    return status;
  };
  return () => count;
}

/** Does something once, at the n-th write of a stage, before its client hears of the write. */
function onceIn(lab: PivotLab, stage: Stage, n: number, act: () => Promise<void>): void {
  const hit = nthOfMove(lab, stage, n);
  lab.writes.onWrite = (write) => (hit(write) ? act() : undefined);
}

function later<T>(seconds: number, act: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    setTimeout(() => void act().then(resolve, reject), seconds * 1000);
  });
}
