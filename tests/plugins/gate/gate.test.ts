/** The gate's reader, the gate itself and its command line against real API servers with the providers' real definitions. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { execInContainer } from "../../../lifecycle/pivot/gate/exec";
import { assessGate } from "../../../lifecycle/pivot/gate/assess";
import type { GateScope } from "../../../lifecycle/pivot/gate/facts";
import { passGate } from "../../../lifecycle/pivot/gate/gate";
import { GateReader, scopeOf } from "../../../lifecycle/pivot/gate/read";
import type { GateReport } from "../../../lifecycle/pivot/gate/report";
import { createContext } from "../../../lifecycle/shared/context";
import { describe as nameOf, type KubeObject } from "../../../lifecycle/shared/kube/objects";
import { types } from "../../../lifecycle/shared/kube/types";
import { deadWebhook } from "../support/deadWebhook";
import { namespace, startCluster, stopCluster, type TestCluster } from "./clusters";
import { layCluster, secret } from "./declared";

const stop = new AbortController();
let source: TestCluster;
let target: TestCluster;
let folder: string;
let moving: number;

beforeAll(async () => {
  [source, target] = await Promise.all([
    startCluster("source", stop.signal),
    startCluster("target", stop.signal),
  ]);
  moving = await layCluster(source.client, target.client);
  folder = await mkdtemp(path.join(tmpdir(), "gate-"));
  for (const [name, { server }] of Object.entries({ source, target })) {
    await writeFile(path.join(folder, name), server.kubeconfig, { mode: 0o600 });
  }
});

afterAll(async () => {
  await Promise.all([stopCluster(source), stopCluster(target)]);
  await rm(folder, { recursive: true, force: true });
});

const input = { namespace, clusterName: "lab" };

function read(rest: Partial<GateScope> = {}) {
  const reader = new GateReader({ source: source.client, target: target.client }, stop.signal);
  return reader.read({ ...scopeOf(input, { occasion: "move", resumed: false }), ...rest });
}

async function findings(): Promise<string[]> {
  return assessGate(await read()).map(({ severity, object, reason }) => `${severity}: ${object} ${reason}`);
}

describe("the gate's reader", () => {
  it("finds nothing wrong with what the project declares, and reads all of it", async () => {
    const facts = await read();
    expect(assessGate(facts)).toEqual([]);
    expect(facts.source.inventory.moving).toHaveLength(moving);
    expect(facts.creates.filter(({ object }) => object.startsWith("BareMetalHost"))).toHaveLength(2);
    expect(facts.creates.every(({ trouble }) => trouble === undefined)).toBe(true);
    expect(facts.sourceWrites.map(({ object }) => object.split(" ")[0]).sort()).toEqual([
      "BareMetalHost",
      "BareMetalHost",
      "HardwareData",
    ]);
    expect(facts.bmcs).toMatchObject({ kind: "not made" });
    // A machine's own clock, read over HTTP in whole seconds by a request that may take its time.
    const { seconds, error } = facts.source.clock ?? { seconds: NaN, error: NaN };
    expect(Math.abs(seconds)).toBeLessThanOrEqual(error);
  });

  it("writes nothing", async () => {
    const versions = async ({ client }: TestCluster) => {
      const lists = await Promise.all(
        [types.cluster, types.ipPool, types.bareMetalHost, types.secret, types.machine].map((type) =>
          client.list(type, namespace),
        ),
      );
      return lists.flat().map((object) => `${nameOf(object)} ${object.metadata.resourceVersion}`);
    };
    const before = await versions(source);
    expect(before.length).toBeGreaterThan(5);
    const { creates, sourceWrites } = await read();
    expect(creates.length * sourceWrites.length).toBeGreaterThan(0);
    expect(await versions(source)).toEqual(before);
    expect(await versions(target)).toEqual([]);
  });

  describe("and webhooks that do not answer", () => {
    const planted: { readonly cluster: TestCluster; readonly name: string }[] = [];
    const plant = async (cluster: TestCluster, webhook: KubeObject) => {
      await cluster.client.create(webhook);
      planted.push({ cluster, name: webhook.metadata.name });
    };

    afterEach(async () => {
      for (const { cluster, name } of planted.splice(0)) {
        await cluster.client.delete({ ...types.validatingWebhookConfiguration, name });
      }
      await expect.poll(findings, { timeout: 30_000 }).toEqual([]);
    });

    it("finds those of the target", async () => {
      await plant(target, deadWebhook("pools", "ipam.metal3.io", "ippools"));
      // The server takes a moment to notice the webhook.
      await expect
        .poll(findings, { timeout: 30_000 })
        .toEqual([
          expect.stringMatching(
            /^error: IPPool metal3\/lab-nodes on the target cannot be created \(dry run\): .*failed calling webhook/,
          ),
        ]);
    });

    it("finds those of the source", async () => {
      await plant(source, deadWebhook("hosts", "metal3.io", "baremetalhosts"));
      await expect
        .poll(findings, { timeout: 30_000 })
        .toEqual([
          expect.stringMatching(
            /^error: BareMetalHost metal3\/host-1 on the source cannot be written \(no answer: /,
          ),
          expect.stringMatching(/^error: BareMetalHost metal3\/host-2 on the source cannot be written/),
        ]);
    });
  });

  it("says why a container cannot be entered, and does not hang on it", async () => {
    const pod = { namespace, pod: "nowhere", container: "ironic" };
    await expect(execInContainer(target.client, pod, ["true"], 10, stop.signal)).rejects.toThrow(
      /does not open a connection|no status was sent/,
    );
  });
});

describe("the gate", () => {
  const lines: string[] = [];
  const context = () =>
    createContext({ verb: "pivot", signal: stop.signal, limitSeconds: 60, sink: (line) => lines.push(line) });
  const pass = (rest: { readonly unownedObjects?: GateScope["unownedObjects"] }, gate = 20) =>
    passGate(
      context(),
      { source: source.client, target: target.client },
      { ...input, ...rest, limits: { gate, stability: 0.2 } },
      false,
    );

  it("labels what would stay behind, where the stack wants that", async () => {
    await source.client.create(secret("mine"));
    try {
      await expect(pass({ unownedObjects: "refuse" })).rejects.toThrow("the gate refuses the move");
      expect((await pass({ unownedObjects: "list" })).source.moving).toHaveLength(moving);
      expect(lines.join("\n")).toMatch(/warning: Secret metal3\/mine: is owned by nothing that moves/);
      expect(lines.join("\n")).toMatch(/not seen by the gate: whether the target's nodes reach the BMCs/);
      const passed = await pass({ unownedObjects: "label" });
      expect(passed.source.moving).toHaveLength(moving + 1);
      expect(passed.nodes).toHaveLength(1);
      const labelled = await source.client.get({ ...types.secret, namespace, name: "mine" });
      expect(labelled.metadata.labels).toEqual({ "clusterctl.cluster.x-k8s.io/move": "" });
    } finally {
      await source.client.delete({ ...types.secret, namespace, name: "mine" });
    }
  });

  it("waits for what settles by itself, and names it when it does not", async () => {
    const host = { ...types.bareMetalHost, namespace, name: "host-2" };
    const state = (value: string) =>
      source.client.patch(
        host,
        "merge",
        { status: { provisioning: { state: value } } },
        { subresource: "status" },
      );
    await state("inspecting");
    try {
      await expect(pass({}, 5)).rejects.toThrow(
        /gave up waiting for everything to be steady.*host-2 is inspecting/,
      );
      const passing = pass({});
      await state("available");
      expect((await passing).source.moving).toHaveLength(moving);
    } finally {
      await state("available");
    }
  });
});

describe("the gate's command line", () => {
  const gate = (...args: string[]) =>
    execa("node", ["--import", "tsx", "lifecycle/gate/main.ts", ...args], {
      reject: false,
      env: { PULUMI_STACK: "none" },
      timeout: 60_000,
    });
  const ends = () => ["--source", path.join(folder, "source"), "--target", path.join(folder, "target")];

  it("ends with 0 and says what would move", async () => {
    const { exitCode, stdout, stderr } = await gate(...ends(), "--strict");
    expect(stderr).toBe("");
    expect(stdout).toContain(`${moving} objects move:`);
    expect(stdout).toContain("The gate passes");
    expect(exitCode).toBe(0);
  });

  it("ends with 1 when there are errors, and shows no secret", async () => {
    await source.client.patch({ ...types.cluster, namespace, name: "lab" }, "merge", {
      spec: { paused: true },
    });
    try {
      const { exitCode, stdout } = await gate(...ends(), "--output", "json");
      expect(exitCode).toBe(1);
      const report = JSON.parse(stdout) as GateReport;
      expect(report).toMatchObject({ passes: false, clusterName: "lab", moves: { total: moving } });
      expect(report.findings).toEqual([
        expect.objectContaining({ severity: "error", object: "Cluster metal3/lab" }),
      ]);
      expect(stdout).not.toContain(Buffer.from("not for the log").toString("base64"));
    } finally {
      await source.client.patch({ ...types.cluster, namespace, name: "lab" }, "merge", {
        spec: { paused: null },
      });
    }
  });

  it("looks at the source alone when there is no target yet, and says so", async () => {
    const { exitCode, stdout } = await gate("--source", path.join(folder, "source"));
    expect(stdout).toContain("target: none yet; only the source is checked");
    expect(exitCode).toBe(0);
  });

  it("knows a cluster that manages itself", async () => {
    // The machine's node on the source: the cluster as it is after the move.
    const name = "itself";
    await source.client.create({
      ...types.node,
      metadata: { name },
      spec: { providerID: "metal3://metal3/host-1/lab-control-plane-m0" },
    });
    try {
      const { stdout } = await gate("--source", path.join(folder, "source"), "--output", "json");
      const report = JSON.parse(stdout) as GateReport;
      expect(report.target).toBeUndefined();
      expect(report.notes).toContain("the cluster manages itself: its objects have moved already");
    } finally {
      await source.client.delete({ ...types.node, name });
    }
  });

  it("ends with 2 when it cannot be made", async () => {
    expect((await gate("--source", path.join(folder, "absent"))).exitCode).toBe(2);
    expect((await gate("--nonsense")).exitCode).toBe(2);
    const { exitCode, stderr } = await gate(
      "--source",
      path.join(folder, "source"),
      "--namespace",
      "default",
    );
    expect(stderr).toContain("holds no Cluster");
    expect(exitCode).toBe(2);
  });
});
