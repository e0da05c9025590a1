/** A backup of one management cluster restored on another, with the real API server, operator and Metal3 provider. */
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { backUp } from "../../lifecycle/backup/backUp";
import { generateKey } from "../../lifecycle/backup/key";
import { objectKey } from "../../lifecycle/inventory/graph";
import { type Inventory, readInventory } from "../../lifecycle/inventory/read";
import { createContext } from "../../lifecycle/shared/context";
import { field, type KubeObject } from "../../lifecycle/shared/kube/objects";
import { types } from "../../lifecycle/shared/kube/types";
import { projectRoot } from "../../lab/setup/paths";
import { namespace, TestCluster } from "./managementCluster";
import { clusterName, declareCluster, registerHosts, untilState } from "./population";

const paused = "baremetalhost.metal3.io/paused";
const statusAnnotation = "baremetalhost.metal3.io/status";
const operator = {
  ...types.deployment,
  namespace: "baremetal-operator-system",
  name: "baremetal-operator-controller-manager",
};

let source: TestCluster;
let destination: TestCluster;
let key: string;
let archive: string;
let before: Inventory;
let state: string;

beforeAll(async () => {
  [source, destination] = await Promise.all([TestCluster.start("source"), TestCluster.start("destination")]);
  const program = await source.runOperator();
  await registerHosts(source);
  await declareCluster(source);
  await source.end(program);
  before = await readInventory(source.client, namespace, clusterName);
  key = await generateKey();
  state = await mkdtemp(path.join(tmpdir(), "backup-state-"));
  process.chdir(state);
  const context = createContext({
    verb: "test",
    signal: new AbortController().signal,
    limitSeconds: 60,
    secrets: { BACKUP_KEY: key },
    sink: () => undefined,
  });
  const scope = { stack: "test", clusterName, namespace, operator };
  archive = path.resolve(await backUp(context, source.client, scope, before, 5));
  process.chdir(projectRoot);
});

afterAll(async () => {
  await Promise.all([source.stop(), destination.stop()]);
  await rm(state, { recursive: true, force: true });
});

/** Runs the program as an operator does. */
async function restore(
  args: readonly string[],
  options: { readonly input?: string; readonly env?: Record<string, string> } = {},
) {
  const result = await execa("node", ["--import", "tsx", "lifecycle/backup/main.ts", ...args], {
    cwd: projectRoot,
    reject: false,
    all: true,
    input: options.input ?? "",
    env: options.env,
  });
  return { code: result.exitCode, text: result.all };
}

const onDestination = (...more: string[]) =>
  restore(["--archive", archive, "--kubeconfig", destination.kubeconfig, "--timeout", "60", ...more], {
    env: { BACKUP_KEY: key },
  });

const arrived = () => readInventory(destination.client, namespace, clusterName);

/** What of an object is the same on every cluster: all but identities, times and what we hold it with. */
function essence(object: KubeObject, objects: readonly KubeObject[]): unknown {
  const { labels, finalizers, annotations = {} } = object.metadata;
  const owners = (object.metadata.ownerReferences ?? []).map((owner) => {
    const found = objects.find(({ metadata }) => metadata.uid === owner.uid);
    return found ? objectKey(found) : `${owner.kind} ${owner.name}: nobody has this identity`;
  });
  const kept = without(annotations, paused, statusAnnotation, "cluster.x-k8s.io/paused");
  const { apiVersion, kind, status, spec } = object;
  return {
    apiVersion,
    kind,
    labels,
    finalizers,
    annotations: kept,
    owners: owners.sort(),
    spec: without(spec ?? {}, "paused"),
    status: kind === "BareMetalHost" ? hostStatus(object) : relative(object, status),
    ...without(object, "metadata", "spec", "status"),
  };
}

/** An object without some of its fields. */
function without(object: object, ...names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)));
}

/** The status of a host: in its annotation as long as the operator has not read it. Hardware is in the HardwareData. */
function hostStatus({ metadata, status }: KubeObject): unknown {
  const annotation = metadata.annotations?.[statusAnnotation];
  return without(annotation ? (JSON.parse(annotation) as object) : (status ?? {}), "hardware");
}

/**
 * A status whose observed generations are said as "now" or "not now". The Metal3 provider notes at once, in conditions, that
 * it has found its objects paused.
 */
function relative({ apiVersion, metadata }: KubeObject, status: object = {}): unknown {
  const ofMetal3 = apiVersion?.startsWith("infrastructure.") ?? false;
  const compared = ofMetal3 ? without(status, "conditions", "deprecated", "observedGeneration") : status;
  return JSON.parse(
    JSON.stringify(compared, (name, value: unknown) =>
      name === "observedGeneration" ? value === metadata.generation : value,
    ),
  );
}

const essences = ({ moving }: Inventory) =>
  Object.fromEntries(moving.map((object) => [objectKey(object), essence(object, moving)]));

describe("a backup", () => {
  it("holds every object that moves, and nothing else", async () => {
    expect(before.moving.length).toBeGreaterThan(20);
    const { code, text } = await restore(["--list", archive], { env: { BACKUP_KEY: key } });
    expect(code, text).toBe(0);
    for (const name of before.keys) expect(text).toContain(name);
    expect(text).not.toContain("somebody-elses");
    expect(text).not.toMatch(/c2VjcmV0|cHJpdmF0ZQ/);
  });

  it("says what it holds without the key, and that nothing is proved", async () => {
    const { code, text } = await restore(["--list", archive]);
    expect(code, text).toBe(0);
    expect(text).toMatch(/ 3 BareMetalHost/);
    expect(text).toContain("not proved");
    expect((await stat(archive)).mode & 0o777).toBe(0o600);
  });
});

describe("a restore", () => {
  it("is refused without the key, with another one, and on the cluster that has the objects, and writes nothing", async () => {
    const target = ["--archive", archive, "--kubeconfig", source.kubeconfig];
    const none = await restore(target);
    expect(none.code).toBe(1);
    expect(none.text).toContain("was not given");
    const other = await restore(target, { input: await generateKey() });
    expect(other.code).toBe(1);
    expect(other.text).toContain("cannot be opened with this key");
    const occupied = await restore(target, { input: `${key}\n` });
    expect(occupied.code).toBe(1);
    expect(occupied.text).toMatch(/holds \d+ objects already/);
    for (const name of before.keys) expect(occupied.text).toContain(name);
    expect(essences(await readInventory(source.client, namespace, clusterName))).toEqual(essences(before));
    expect((await restore([])).code).toBe(2);
  });

  it("can be tried without writing anything", async () => {
    const { code, text } = await onDestination("--dry-run");
    expect(code, text).toBe(0);
    expect(await destination.client.find({ ...types.namespace, name: namespace })).toBeUndefined();
  });

  it("ends after interruptions anywhere with every object, status and owner as it was, all of it at rest", async () => {
    // Two managers look on: nothing of what they see may make them act.
    await Promise.all([destination.runOperator(), destination.runMetal3()]);
    let interrupted = 0;
    for (const objects of [1, 8, 16]) {
      const run = execa(
        "node",
        [
          "--import",
          "tsx",
          "lifecycle/backup/main.ts",
          "--archive",
          archive,
          "--kubeconfig",
          destination.kubeconfig,
        ],
        {
          cwd: projectRoot,
          reject: false,
          input: key,
        },
      );
      const watching = (async () => {
        while ((await arrived()).moving.length < objects && run.exitCode === null) {
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
        run.kill("SIGKILL");
      })();
      interrupted += (await run).signal === "SIGKILL" ? 1 : 0;
      await watching;
    }
    expect(interrupted).toBeGreaterThan(0);

    const { code, text } = await onDestination();
    expect(code, text).toBe(0);
    expect(text).toContain("from an earlier run");
    expect(text).toMatch(/BareMetalHost +3 +3/);
    const after = await arrived();
    expect(after.paused).toBe(true);
    expect(essences(after)).toEqual(essences(before));
    const pauses = after.moving
      .filter(({ kind }) => kind === "BareMetalHost")
      .map(({ metadata }) => [metadata.name, metadata.annotations?.[paused]]);
    expect(Object.fromEntries(pauses)).toEqual({
      "host-1": "metal3.io/capm3",
      "host-2": "metal3.pulumi.com/pivot",
      "host-3": "by-hand",
    });
    const restored = await destination.client.get({ ...types.namespace, name: namespace });
    expect(restored.metadata.labels).toMatchObject({ site: "rack-7" });
  });

  it("lets go of nothing before the controllers are there", async () => {
    const { code, text } = await onDestination("--unpause", "--timeout", "5");
    expect(code).toBe(1);
    expect(text).toMatch(
      /gave up waiting for the providers and the Bare Metal Operator .* nothing was released/s,
    );
    expect((await arrived()).paused).toBe(true);
  });

  it("gives the hosts to the operator as they were: none is registered, inspected or deployed again", async () => {
    // There is no deployment controller here to say what is true: the operator runs.
    await destination.client.create({ ...types.namespace, metadata: { name: operator.namespace } });
    await destination.client.create({
      ...types.deployment,
      metadata: { name: operator.name, namespace: operator.namespace },
      spec: {
        selector: { matchLabels: { app: "operator" } },
        template: {
          metadata: { labels: { app: "operator" } },
          spec: { containers: [{ name: "manager", image: "operator" }] },
        },
      },
    });
    await destination.client.patch(
      operator,
      "merge",
      { status: { conditions: [{ type: "Available", status: "True" }] } },
      { subresource: "status" },
    );
    const { code, text } = await onDestination("--unpause");
    expect(code, `${text}\n${destination.log("capm3-manager").slice(-3000)}`).toBe(0);
    await destination.client.patch({ ...types.bareMetalHost, namespace, name: "host-3" }, "merge", {
      metadata: { annotations: { [paused]: null } },
    });
    await untilState(destination.client, ["provisioned", "available", "available"]);
    const log = destination.log("baremetal-operator");
    expect(log).toContain("reconstructing Status from hardwareData and annotation");
    expect(log).not.toMatch(
      /"(new|provisioningState)": ?"(registering|inspecting|preparing|provisioning|deprovisioning)"/,
    );

    const after = await arrived();
    expect(after.paused).toBe(false);
    expect([...after.keys].sort()).toEqual([...before.keys].sort());
    for (const { kind, metadata } of after.moving) {
      const marks = Object.keys(metadata.annotations ?? {}).filter((name) =>
        [paused, statusAnnotation, "cluster.x-k8s.io/paused"].includes(name),
      );
      expect(marks, `${kind} ${metadata.name}`).toEqual([]);
    }
    const host = after.moving.find(
      ({ kind, metadata }) => kind === "BareMetalHost" && metadata.name === "host-1",
    );
    const was = before.moving.find(
      ({ kind, metadata }) => kind === "BareMetalHost" && metadata.name === "host-1",
    );
    expect(field(host, "status", "hardware")).toEqual(field(was, "status", "hardware"));
    expect(field(host, "status", "provisioning", "image")).toEqual(
      field(was, "status", "provisioning", "image"),
    );
    expect(
      await destination.client.find({ ...types.configMap, namespace, name: "metal3-restore" }),
    ).toBeUndefined();
  });

  it("is refused once it has ended", async () => {
    const { code, text } = await onDestination("--unpause");
    expect(code).toBe(1);
    expect(text).toMatch(/holds \d+ objects already/);
  });
});
