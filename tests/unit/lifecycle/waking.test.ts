import { describe, expect, it } from "vitest";
import { unseenHost } from "../../../lifecycle/hosts/hostState";
import { MachineWaker } from "../../../lifecycle/machines/machineWaker";
import { asleep } from "../../../lifecycle/pivot/wake";
import type { KubeClient } from "../../../lifecycle/shared/kube/client";
import type { KubeObject, ObjectRef } from "../../../lifecycle/shared/kube/objects";
import { lackOf, proxyLack } from "../../../lifecycle/shared/kube/services";
import { WakeLimit } from "../../../lifecycle/shared/kube/wake";

const metal3Machine = (name: string, host?: string, providerID?: string, deleted = false): KubeObject => ({
  apiVersion: "infrastructure.cluster.x-k8s.io/v1beta2",
  kind: "Metal3Machine",
  metadata: {
    name,
    namespace: "metal3",
    ...(host ? { annotations: { "metal3.io/BareMetalHost": `metal3/${host}` } } : {}),
    ...(deleted ? { deletionTimestamp: "2026-01-01T00:00:00Z" } : {}),
  },
  spec: providerID ? { providerID } : {},
});
const machines = [
  metal3Machine("waits-for-host"),
  metal3Machine("waits-for-node", "host-0"),
  metal3Machine("is-a-node", "host-1", "metal3://metal3/host-1/is-a-node"),
  metal3Machine("goes", undefined, undefined, true),
];

/** Records the names of patched objects; every waking is two patches, the second of which takes back the first. */
function recorder() {
  const patched: string[] = [];
  const left = new Map<string, unknown>();
  const client = {
    list: () => Promise.resolve(machines),
    patch: (ref: ObjectRef, _type: string, body: { metadata: { annotations: Record<string, unknown> } }) => {
      patched.push(ref.name);
      for (const [key, value] of Object.entries(body.metadata.annotations)) {
        if (value === null) left.delete(`${ref.name} ${key}`);
        else left.set(`${ref.name} ${key}`, value);
      }
      return Promise.resolve();
    },
  };
  return { patched, left, waker: new MachineWaker(client as unknown as KubeClient, "metal3") };
}

/** A Machine with a node of that name. */
const claims = (node?: string): KubeObject => ({
  kind: "Machine",
  metadata: { name: `machine-of-${node ?? "none"}` },
  status: node ? { nodeRef: { name: node } } : {},
});

describe("MachineWaker", () => {
  const free = { ...unseenHost("host-2"), state: "available" };

  it("tells the machines without a host of a free one, and leaves nothing behind", async () => {
    const { patched, left, waker } = recorder();
    await waker.tellOfHosts([unseenHost("host-0"), free]);
    expect(new Set(patched)).toEqual(new Set(["waits-for-host"]));
    expect(left.size).toBe(0);
  });

  it.each([
    ["in use", { ...free, consumer: "Metal3Machine m" }],
    ["going", { ...free, deleting: true }],
    ["not ready", { ...free, state: "inspecting" }],
  ])("says nothing of a host that is %s", async (_, host) => {
    const { patched, waker } = recorder();
    await waker.tellOfHosts([host]);
    expect(patched).toEqual([]);
  });

  it("tells the machines without a node of one that nobody claims", async () => {
    const { patched, waker } = recorder();
    // kubelet may bring the provider's ID itself: that says nothing.
    const node = (name: string) => ({
      kind: "Node",
      metadata: { name },
      spec: { providerID: `x://${name}` },
    });
    await waker.tellOfNodes([node("claimed"), node("new")], [claims("claimed"), claims()]);
    expect(new Set(patched)).toEqual(new Set(["waits-for-node"]));
  });

  it("has the operator look at the hosts that are being written", async () => {
    const { patched, waker } = recorder();
    const used = { ...free, consumer: "Metal3Machine m" };
    await waker.askForHosts([
      { ...used, name: "a", state: "provisioning" },
      { ...used, name: "b", state: "provisioned" },
      { ...free, name: "c" },
    ]);
    expect(new Set(patched)).toEqual(new Set(["a"]));
  });

  it("leaves many hosts to the operator's own pace", async () => {
    const { patched, waker } = recorder();
    const host = (index: number) => ({
      ...free,
      name: `host-${index}`,
      state: "provisioning",
      consumer: "Metal3Machine m",
    });
    await waker.askForHosts(Array.from({ length: 11 }, (_, index) => host(index)));
    expect(patched).toEqual([]);
  });

  it("says nothing when every node is claimed", async () => {
    const { patched, waker } = recorder();
    await waker.tellOfNodes([{ kind: "Node", metadata: { name: "n" } }], [claims("n")]);
    expect(patched).toEqual([]);
  });
});

describe("WakeLimit", () => {
  it("keeps calls apart and bounds their number", () => {
    const limit = new WakeLimit(2, 3);
    const taken = [0, 1000, 2000, 3999, 4000, 6000, 8000].filter((at) => limit.take(at));
    expect(taken).toEqual([0, 2000, 4000]);
  });
});

describe("what a cluster lacks for Services", () => {
  const made = "2026-01-01T00:00:00Z";
  const after = (seconds: number) => Date.parse(made) + seconds * 1000;
  const dns = { kind: "Deployment", metadata: { name: "coredns", creationTimestamp: made } };
  const proxy = (numberReady: number) => ({
    kind: "DaemonSet",
    metadata: { name: "kube-proxy" },
    status: { numberReady },
  });

  it("is kube-proxy until it runs on a node", () => {
    expect(proxyLack(undefined, undefined, after(1000))).toBe("there is no kube-proxy yet");
    expect(proxyLack(undefined, dns, after(20))).toBe("there is no kube-proxy yet");
    expect(proxyLack(proxy(0), dns, after(1000))).toBe("kube-proxy runs on no node yet");
    expect(proxyLack(proxy(1), dns, after(1))).toBeUndefined();
  });

  it("is nothing in a cluster that was made without it", () => {
    expect(proxyLack(undefined, dns, after(31))).toBeUndefined();
  });
});

describe("what a cluster lacks for pods", () => {
  const node = (ready: string): KubeObject => ({
    kind: "Node",
    metadata: { name: "n" },
    status: { conditions: [{ type: "Ready", status: ready }] },
  });
  const daemonSet = (name: string): KubeObject => ({
    kind: "DaemonSet",
    metadata: { namespace: "kube-system", name, uid: `uid-${name}` },
  });
  const pod = (owner: string, state: object, phase = "Running"): KubeObject => ({
    kind: "Pod",
    metadata: {
      name: `${owner}-x`,
      ownerReferences: [{ apiVersion: "apps/v1", kind: "DaemonSet", name: owner, uid: `uid-${owner}` }],
    },
    status: { phase, containerStatuses: [{ state }] },
  });
  const both = [daemonSet("kube-proxy"), daemonSet("cni")];
  const up = { running: {} };

  it("is a node that is Ready", () => {
    expect(lackOf([node("False")], [], [])).toBe("no node is Ready");
    expect(lackOf([], [], [])).toBe("no node is Ready");
  });

  it.each([
    ["no pod yet", []],
    ["a pod whose container waits", [pod("cni", { waiting: { reason: "CrashLoopBackOff" } })]],
    ["a pod whose init containers run", [pod("cni", { waiting: { reason: "PodInitializing" } }, "Pending")]],
  ])("is the CNI's daemon when it has %s", (_, pods) => {
    expect(lackOf([node("True")], both, [pod("kube-proxy", up), ...pods])).toBe(
      "not running on any node: kube-system/cni",
    );
  });

  it("is nothing when every daemon runs on some node", () => {
    const pods = [pod("kube-proxy", up), pod("cni", up), pod("cni", { waiting: {} })];
    expect(lackOf([node("True"), node("False")], both, pods)).toBeUndefined();
  });
});

describe("asleep", () => {
  const machine = (name: string, isRunning: boolean): KubeObject => ({
    apiVersion: "cluster.x-k8s.io/v1beta2",
    kind: "Machine",
    metadata: { name, uid: name },
    status: isRunning ? { phase: "Running", nodeRef: { name } } : {},
  });
  const owned = (kind: string, name: string, owner: string): KubeObject => ({
    kind,
    metadata: { name, uid: name, ownerReferences: [{ apiVersion: "", kind: "", name: owner, uid: owner }] },
  });
  const moved = [
    { kind: "IPPool", metadata: { name: "pool", uid: "pool" } },
    { kind: "Metal3DataTemplate", metadata: { name: "template", uid: "template" } },
    ...["runs", "waits"].flatMap((name) => [
      owned("Metal3Data", `data of ${name}`, `metal3 ${name}`),
      owned("Metal3Machine", `metal3 ${name}`, name),
      owned("BareMetalHost", `host of ${name}`, `metal3 ${name}`),
      machine(name, name === "runs"),
    ]),
  ];

  it("are what all machines need, and what belongs to machines that do not run", () =>
    expect(asleep(moved).map(({ metadata }) => metadata.name)).toEqual([
      "pool",
      "template",
      "data of waits",
      "metal3 waits",
      "waits",
    ]));
});
