import { describe, expect, it } from "vitest";
import { movingObjects, moveTypes, objectKey } from "../../../lifecycle/inventory/graph";
import type { Inventory } from "../../../lifecycle/inventory/read";
import { assessGate, type GateSnapshot } from "../../../lifecycle/pivot/gate/assess";
import { compareVersions } from "../../../lifecycle/pivot/gate/providers";
import { field, type KubeObject } from "../../../lifecycle/shared/kube/objects";

type Draft = Record<string, unknown> & { metadata: Record<string, unknown> };

const label = "clusterctl.cluster.x-k8s.io";
const core = "cluster.x-k8s.io/v1beta2";
const infrastructure = "infrastructure.cluster.x-k8s.io/v1beta2";
const owned = (kind: string, name: string) => [{ apiVersion: "", kind, name, uid: `${kind}/${name}` }];

function definitions(): Draft[] {
  const make = (group: string, kind: string, suffixes: readonly string[], version = "v1beta2"): Draft => ({
    metadata: {
      name: `${kind.toLowerCase()}${kind.endsWith("Data") ? "" : "s"}.${group}`,
      labels: Object.fromEntries(suffixes.map((suffix) => [label + suffix, ""])),
    },
    spec: { group, scope: "Namespaced", names: { kind }, versions: [{ name: version, storage: true }] },
  });
  return [
    make("cluster.x-k8s.io", "Cluster", [""]),
    make("cluster.x-k8s.io", "Machine", [""]),
    make("controlplane.cluster.x-k8s.io", "KubeadmControlPlane", [""]),
    make("infrastructure.cluster.x-k8s.io", "Metal3Machine", [""]),
    make("ipam.metal3.io", "IPPool", [""], "v1alpha1"),
    make("metal3.io", "BareMetalHost", ["", "/move", "/move-hierarchy"], "v1alpha1"),
    make("metal3.io", "HardwareData", ["", "/move"], "v1alpha1"),
  ];
}

/** A cluster with one machine and one spare host, about which there is nothing to complain. */
function healthyObjects(): Draft[] {
  const make = (
    apiVersion: string,
    kind: string,
    name: string,
    rest: Record<string, unknown>,
    owners?: unknown,
  ): Draft => ({
    apiVersion,
    kind,
    metadata: {
      name,
      namespace: "metal3",
      uid: `${kind}/${name}`,
      generation: 1,
      ...(owners ? { ownerReferences: owners } : {}),
    },
    ...rest,
  });
  const host = (name: string, state: string, consumer?: string): Draft => {
    const draft = make("metal3.io/v1alpha1", "BareMetalHost", name, {
      spec: consumer ? { consumerRef: { kind: "Metal3Machine", name: consumer } } : {},
      status: {
        operationalStatus: "OK",
        errorMessage: "",
        lastUpdated: "2026-01-01T00:00:00Z",
        provisioning: { state },
      },
    });
    draft.metadata.labels = consumer ? { "cluster.x-k8s.io/cluster-name": "lab" } : {};
    return draft;
  };
  return [
    make(core, "Cluster", "lab", {
      spec: { infrastructureRef: { name: "lab" } },
      status: {
        initialization: { infrastructureProvisioned: true },
        conditions: [{ type: "ControlPlaneInitialized", status: "True" }],
      },
    }),
    make(
      "controlplane.cluster.x-k8s.io/v1beta2",
      "KubeadmControlPlane",
      "lab",
      {
        spec: { replicas: 1 },
        status: { replicas: 1, readyReplicas: 1, upToDateReplicas: 1, observedGeneration: 1 },
      },
      owned("Cluster", "lab"),
    ),
    make(
      core,
      "Machine",
      "m0",
      { status: { phase: "Running", nodeRef: { name: "n0" } } },
      owned("Cluster", "lab"),
    ),
    make(
      infrastructure,
      "Metal3Machine",
      "m0",
      { spec: { providerID: "metal3://metal3/host-0/m0" } },
      owned("Machine", "m0"),
    ),
    make("ipam.metal3.io/v1alpha1", "IPPool", "pool", { spec: {} }, owned("Cluster", "lab")),
    host("host-0", "provisioned", "m0"),
    host("host-1", "available"),
    make("v1", "ConfigMap", "kube-root-ca.crt", {}),
  ];
}

function inventory(drafts: readonly Draft[], known: readonly Draft[]): Inventory {
  const objects = drafts as unknown as KubeObject[];
  const moving = movingObjects(objects, moveTypes(known as unknown as KubeObject[]));
  const cluster = objects.find(({ kind }) => kind === "Cluster");
  return {
    definitions: known as unknown as KubeObject[],
    objects,
    moving,
    keys: new Set(moving.map(objectKey)),
    cluster,
    paused: field(cluster, "spec", "paused") === true,
  };
}

const provider = (version: string) =>
  ({
    metadata: { name: "infrastructure-metal3" },
    providerName: "metal3",
    type: "InfrastructureProvider",
    version,
  }) as KubeObject;

interface Planted {
  readonly objects?: (objects: Draft[]) => void;
  readonly sourceDefinitions?: (definitions: Draft[]) => void;
  readonly targetDefinitions?: (definitions: Draft[]) => void;
  readonly snapshot?: Partial<GateSnapshot>;
}

function findings(planted: Planted = {}): string[] {
  const objects = healthyObjects();
  const [ofSource, ofTarget] = [definitions(), definitions()];
  planted.objects?.(objects);
  planted.sourceDefinitions?.(ofSource);
  planted.targetDefinitions?.(ofTarget);
  const snapshot: GateSnapshot = {
    source: inventory(objects, ofSource),
    target: inventory([], ofTarget),
    sourceProviders: [provider("v1.13.2")],
    targetProviders: [provider("v1.13.2")],
    nodes: [{ metadata: { name: "n0" }, spec: { providerID: "metal3://metal3/host-0/m0" } }],
    silentWebhooks: [],
    resumed: false,
    ...planted.snapshot,
  };
  return assessGate(snapshot).map(
    ({ severity, transient, object, reason }) =>
      `${severity}${transient ? " (may settle)" : ""}: ${object} ${reason}`,
  );
}

const one = (objects: Draft[], kind: string, name: string) =>
  objects.find((object) => object.kind === kind && object.metadata.name === name) as Draft & {
    spec: Record<string, unknown>;
    status: Record<string, unknown>;
  };

describe("the gate", () => {
  it("has no complaint about a healthy cluster", () => {
    expect(findings()).toEqual([]);
  });

  const defects: readonly [string, Planted, RegExp][] = [
    [
      "a host in provisioning",
      { objects: (o) => (one(o, "BareMetalHost", "host-0").status.provisioning = { state: "provisioning" }) },
      /may settle.*BareMetalHost metal3\/host-0 is provisioning/,
    ],
    [
      "a host with an error",
      {
        objects: (o) =>
          Object.assign(one(o, "BareMetalHost", "host-1").status, {
            errorType: "power management error",
            errorMessage: "no answer",
          }),
      },
      /host-1 has a power management error: no answer/,
    ],
    [
      "a detached host",
      {
        objects: (o) =>
          (one(o, "BareMetalHost", "host-1").metadata.annotations = {
            "baremetalhost.metal3.io/detached": "x",
          }),
      },
      /^error: .*host-1 is detached/,
    ],
    [
      "a host in use that its user has paused",
      {
        objects: (o) =>
          (one(o, "BareMetalHost", "host-0").metadata.annotations = {
            "baremetalhost.metal3.io/paused": "me",
          }),
      },
      /^error: .*host-0 is paused by a user/,
    ],
    [
      "a host without a status",
      { objects: (o) => delete one(o, "BareMetalHost", "host-1").status.lastUpdated },
      /host-1 has no status to move/,
    ],
    [
      "a host in use without the cluster's label",
      { objects: (o) => (one(o, "BareMetalHost", "host-0").metadata.labels = {}) },
      /host-0 lacks the label cluster.x-k8s.io\/cluster-name/,
    ],
    [
      "a machine that is not running",
      { objects: (o) => (one(o, "Machine", "m0").status = { phase: "Provisioning" }) },
      /Machine metal3\/m0 is Provisioning and has no node/,
    ],
    [
      "a provider ID made of a UID",
      { objects: (o) => (one(o, "Metal3Machine", "m0").spec.providerID = "metal3://1c6f3d8e") },
      /^error: Metal3Machine metal3\/m0 has the providerID metal3:\/\/1c6f3d8e/,
    ],
    ["a node with another provider ID", { snapshot: { nodes: [] } }, /no node has its providerID/],
    [
      "a rollout",
      { objects: (o) => (one(o, "KubeadmControlPlane", "lab").status.upToDateReplicas = 0) },
      /KubeadmControlPlane metal3\/lab wants 1 replicas and reports/,
    ],
    [
      "a change that no controller has seen",
      { objects: (o) => (one(o, "KubeadmControlPlane", "lab").metadata.generation = 2) },
      /KubeadmControlPlane metal3\/lab wants/,
    ],
    [
      "a paused cluster",
      { objects: (o) => (one(o, "Cluster", "lab").spec.paused = true) },
      /^error: Cluster metal3\/lab is paused/,
    ],
    [
      "a cluster without a control plane",
      { objects: (o) => (one(o, "Cluster", "lab").status.conditions = []) },
      /has no initialized control plane/,
    ],
    [
      "something that is being deleted",
      { objects: (o) => (one(o, "Machine", "m0").metadata.deletionTimestamp = "2026-01-01T00:00:00Z") },
      /m0 is being deleted/,
    ],
    [
      "a pool that no cluster owns",
      { objects: (o) => delete one(o, "IPPool", "pool").metadata.ownerReferences },
      /IPPool metal3\/pool is owned by no Cluster/,
    ],
    [
      "a secret that would stay behind",
      {
        objects: (o) =>
          void o.push({
            apiVersion: "v1",
            kind: "Secret",
            metadata: { name: "mine", namespace: "metal3", uid: "s" },
          }),
      },
      /^warning: Secret metal3\/mine/,
    ],
    [
      "a definition without its label on the source",
      {
        sourceDefinitions: (d) =>
          (d.find(({ metadata }) => metadata.name === "hardwaredata.metal3.io")!.metadata.labels = {
            [label]: "",
          }),
      },
      /hardwaredata.metal3.io on the source lacks the labels .*\/move/,
    ],
    [
      "a definition that is missing on the target",
      { targetDefinitions: (d) => void d.splice(0) },
      /baremetalhosts.metal3.io on the target lacks the labels/,
    ],
    [
      "an older provider on the target",
      { snapshot: { targetProviders: [provider("v1.12.9")] } },
      /is v1.12.9, older than/,
    ],
    [
      "a provider that the target lacks",
      { snapshot: { targetProviders: [] } },
      /on the target is not installed/,
    ],
    [
      "a silent webhook",
      { snapshot: { silentWebhooks: ["IPPool: connection refused"] } },
      /target webhooks IPPool: connection refused/,
    ],
    [
      "a leftover on the target",
      { snapshot: { target: inventory(healthyObjects().slice(5, 6), definitions()) } },
      /^error: BareMetalHost metal3\/host-0 on the target exists before the move/,
    ],
  ];

  it.each(defects)("finds %s, and nothing else", (_name, planted, expected) => {
    const found = findings(planted);
    expect(found.filter((line) => expected.test(line)).length, found.join("\n")).toBeGreaterThan(0);
    expect(found.filter((line) => !expected.test(line) && !/baremetalhosts|hardwaredata/.test(line))).toEqual(
      [],
    );
  });

  it("goes on with a cluster that an earlier attempt has paused, and with what it has created", () => {
    const paused = (objects: Draft[]) => (one(objects, "Cluster", "lab").spec.paused = true);
    const target = inventory(healthyObjects(), definitions());
    expect(findings({ objects: paused, snapshot: { resumed: true, target } })).toEqual([]);
  });
});

describe("compareVersions", () => {
  it.each([
    ["v1.13.2", "v1.13.10", -1],
    ["v1.14.0", "v1.13.10", 1],
    ["v1.13.2", "v1.13.2", 0],
    ["v2.0.0", "v1.99.99", 1],
  ])("%s and %s", (a, b, sign) => {
    expect(Math.sign(compareVersions(a, b))).toBe(sign);
  });
});
