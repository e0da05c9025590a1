import { describe } from "vitest";
import type { Draft } from "./objects";
import { type Defect, itFinds } from "./planted";
import { healthyWorld, now, one, type World } from "./world";

const hostOf = (world: World, name: string) => one(world.objects, "BareMetalHost", name);

const annotate = (draft: Draft, annotations: Record<string, string>) =>
  (draft.metadata.annotations = { ...draft.metadata.annotations, ...annotations });

/** A Metal3Machine that no Machine names, as many seconds old. */
function withoutMachine(world: World, age: number): Draft {
  const { metadata, ...rest } = structuredClone(one(world.objects, "Metal3Machine", "lab-workers-x-m1"));
  const set = one(world.objects, "MachineSet", "lab-workers-x");
  const owner = {
    apiVersion: set.apiVersion,
    kind: set.kind,
    name: set.metadata.name,
    uid: set.metadata.uid,
  };
  return {
    ...rest,
    metadata: {
      ...metadata,
      name: "lab-workers-x-m2",
      uid: "m2",
      creationTimestamp: new Date(now - age * 1000).toISOString(),
      ownerReferences: [owner],
    },
    spec: {},
  };
}

const defects: readonly Defect[] = [
  [
    "no cluster",
    (world) => (world.objects = world.objects.filter(({ kind }) => kind === "ConfigMap")),
    /^error: Cluster metal3\/lab is not on the source/,
  ],
  [
    "a cluster without infrastructure",
    (world) => (one(world.objects, "Cluster", "lab").status.initialization = {}),
    /may settle.*Cluster metal3\/lab has no infrastructure yet/,
  ],
  [
    "a cluster without a control plane",
    (world) => (one(world.objects, "Cluster", "lab").status.conditions = []),
    /may settle.*has no initialized control plane/,
  ],
  [
    "a cluster that the source does not reach",
    (world) =>
      (one(world.objects, "Cluster", "lab").status.conditions = [
        { type: "ControlPlaneInitialized", status: "True" },
        { type: "RemoteConnectionProbe", status: "False", message: "no route" },
      ]),
    /^warning: Cluster metal3\/lab its API server is not reached from the source \(no route\)/,
  ],
  [
    "a paused cluster",
    (world) => (one(world.objects, "Cluster", "lab").spec.paused = true),
    /^error: Cluster metal3\/lab is paused/,
  ],
  [
    "a second cluster in the namespace",
    (world) =>
      void world.objects.push({
        ...one(healthyWorld().objects, "Cluster", "lab"),
        metadata: { name: "two", namespace: "metal3", uid: "two" },
      }),
    /^error: Cluster metal3\/two is in the namespace of lab/,
  ],
  [
    "a machine that is not running",
    (world) => (one(world.objects, "Machine", "lab-workers-x-m1").status = { phase: "Provisioning" }),
    /may settle.*Machine metal3\/lab-workers-x-m1 is Provisioning and has no node/,
  ],
  [
    "a node that is not ready",
    (world) =>
      (one(world.target!.nodes, "Node", "lab-workers-x-m1").status.conditions = [
        { type: "Ready", status: "Unknown", message: "Kubelet stopped posting node status." },
      ]),
    /may settle.*Node lab-workers-x-m1 is not ready \(Kubelet stopped/,
  ],
  [
    "a machine whose node is gone",
    (world) => world.target!.nodes.pop(),
    /may settle.*its node lab-workers-x-m1 is not in the cluster/,
    /may settle.*Metal3Machine metal3\/lab-workers-x-m1 no node has its providerID/,
  ],
  [
    "a machine without a provider ID",
    (world) => delete one(world.objects, "Metal3Machine", "lab-workers-x-m1").spec.providerID,
    /may settle.*Metal3Machine metal3\/lab-workers-x-m1 has no providerID/,
  ],
  [
    "what a failed attempt to make a machine has left",
    (world) => world.objects.push(withoutMachine(world, 60)),
    /^warning: Metal3Machine metal3\/lab-workers-x-m2 belongs to no Machine/,
  ],
  [
    "a machine that is just being made",
    (world) => world.objects.push(withoutMachine(world, 5)),
    /may settle.*Metal3Machine metal3\/lab-workers-x-m2 has no Machine yet/,
  ],
  [
    "a provider ID made of a UID",
    (world) =>
      (one(world.objects, "Metal3Machine", "lab-workers-x-m1").spec.providerID = "metal3://1c6f3d8e"),
    /^error: Metal3Machine metal3\/lab-workers-x-m1 has the providerID metal3:\/\/1c6f3d8e/,
  ],
  [
    "a node with another provider ID",
    (world) => (one(world.target!.nodes, "Node", "lab-workers-x-m1").spec.providerID = "other://x"),
    /may settle.*no node has its providerID/,
  ],
  [
    "a rollout",
    (world) => (one(world.objects, "KubeadmControlPlane", "lab-control-plane").status.upToDateReplicas = 0),
    /may settle.*KubeadmControlPlane metal3\/lab-control-plane wants 1 replicas and reports/,
  ],
  [
    "a pool that scales",
    (world) => (one(world.objects, "MachineDeployment", "lab-workers").spec.replicas = 2),
    /may settle.*MachineDeployment metal3\/lab-workers wants 2 replicas/,
  ],
  [
    "a change that no controller has seen",
    (world) => (one(world.objects, "MachineDeployment", "lab-workers").metadata.generation = 2),
    /may settle.*MachineDeployment metal3\/lab-workers wants/,
  ],
  [
    "something that is being deleted",
    (world) =>
      (one(world.objects, "Machine", "lab-workers-x-m1").metadata.deletionTimestamp = "2026-01-01T00:00:00Z"),
    /may settle.*lab-workers-x-m1 is being deleted/,
  ],
  [
    "a BMC's secret that was deleted while its host needs it",
    (world) =>
      Object.assign(one(world.objects, "Secret", "host-1-bmc").metadata, {
        deletionTimestamp: "2026-01-01T00:00:00Z",
        finalizers: ["baremetalhost.metal3.io/secret"],
      }),
    /^warning: Secret metal3\/host-1-bmc was deleted by somebody, and is kept by the Bare Metal Operator/,
  ],
  [
    "the mark of an interrupted move",
    (world) =>
      annotate(one(world.objects, "IPPool", "lab-nodes"), {
        "clusterctl.cluster.x-k8s.io/delete-for-move": "",
      }),
    /^error: IPPool metal3\/lab-nodes was about to be deleted by a move that was interrupted/,
  ],
  [
    "an object that blocks moves",
    (world) =>
      annotate(one(world.objects, "Metal3Cluster", "lab"), { "clusterctl.cluster.x-k8s.io/block-move": "" }),
    /may settle.*Metal3Cluster metal3\/lab blocks the move/,
  ],
  [
    "a pause of an earlier move",
    (world) =>
      annotate(hostOf(world, "host-2"), { "baremetalhost.metal3.io/paused": "metal3.pulumi.com/pivot" }),
    /may settle.*host-2 still has the pause "metal3.pulumi.com\/pivot"/,
  ],
  [
    "a machine that its user has paused",
    (world) =>
      annotate(one(world.objects, "Metal3Machine", "lab-workers-x-m1"), { "cluster.x-k8s.io/paused": "" }),
    /^error: Metal3Machine .* is paused by an annotation/,
  ],
  [
    "a pool that its user has paused",
    (world) =>
      annotate(one(world.objects, "MachineDeployment", "lab-workers"), { "cluster.x-k8s.io/paused": "" }),
    /^warning: MachineDeployment .* is paused by an annotation, and stays so/,
  ],
];

describe("the gate and the cluster", () => {
  itFinds(defects);
});
