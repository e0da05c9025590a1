import { describe } from "vitest";
import type { Draft } from "./objects";
import { type Defect, itFinds } from "./planted";
import { healthyWorld, one, type Side, type World } from "./world";

const target = (world: World): Side => world.target!;
const operator = "baremetal-operator-controller-manager";

function container(side: Side, deployment: string): { args?: string[]; image?: string } {
  const { spec } = one(side.deployments, "Deployment", deployment);
  return (spec as { template: { spec: { containers: { args?: string[]; image?: string }[] } } }).template.spec
    .containers[0];
}

function restartedAgo(draft: Draft, finishedAt: string): void {
  const [status] = (draft.status as { containerStatuses: { lastState: unknown }[] }).containerStatuses;
  status.lastState = { terminated: { reason: "Error", finishedAt } };
}

const withoutLabels = (side: Side, name: string) =>
  (side.definitions.find(({ metadata }) => metadata.name === name)!.metadata.labels = {
    "clusterctl.cluster.x-k8s.io": "",
  });

const defects: readonly Defect[] = [
  [
    "a definition without its label on the source",
    (world) => withoutLabels(world.source, "hardwaredata.metal3.io"),
    /^error: CustomResourceDefinition hardwaredata.metal3.io on the source lacks the labels .*\/move/,
  ],
  [
    "a definition without its label on the target",
    (world) => withoutLabels(target(world), "baremetalhosts.metal3.io"),
    /^error: .*baremetalhosts.metal3.io on the target lacks the labels .*\/move, .*\/move-hierarchy/,
  ],
  [
    "a kind that the target does not serve",
    (world) =>
      (target(world).definitions = target(world).definitions.filter(
        ({ metadata }) => metadata.name !== "ippools.ipam.metal3.io",
      )),
    /^error: IPPool \(ipam.metal3.io\/v1alpha1\) on the target is not served/,
  ],
  [
    "a version that the target does not serve",
    (world) => {
      const pools = target(world).definitions.find(
        ({ metadata }) => metadata.name === "ippools.ipam.metal3.io",
      )!;
      (pools.spec as { versions: { served: boolean }[] }).versions[1].served = false;
    },
    /^error: IPPool \(ipam.metal3.io\/v1alpha1\) on the target is not served/,
  ],
  [
    "a source that clusterctl does not know",
    (world) => (world.source.providers = []),
    /^error: source has no providers in clusterctl's inventory/,
  ],
  [
    "an older provider on the target",
    (world) => (one(target(world).providers, "Provider", "IPAMProvider-metal3").version = "v1.12.9"),
    /^error: IPAMProvider metal3 on the target is v1.12.9, older than/,
  ],
  [
    "a newer provider on the target",
    (world) => (one(target(world).providers, "Provider", "IPAMProvider-metal3").version = "v1.14.0"),
    /^warning: IPAMProvider metal3 on the target is v1.14.0, newer than/,
  ],
  [
    "a provider that the target lacks",
    (world) => target(world).providers.pop(),
    /^error: IPAMProvider metal3 on the target is not installed/,
  ],
  [
    "a target without an operator",
    (world) =>
      (target(world).deployments = target(world).deployments.filter(
        ({ metadata }) => metadata.name !== operator,
      )),
    /^error: Deployment baremetal-operator-system\/baremetal-operator-controller-manager on the target is not there/,
  ],
  [
    "an older operator on the target",
    (world) => (container(target(world), operator).image = "quay.io/metal3-io/baremetal-operator:v0.12.4"),
    /^error: Bare Metal Operator on the target is v0.12.4, older than/,
  ],
  [
    "an operator of an unknown version",
    (world) => (container(target(world), operator).image = "registry:5000/baremetal-operator"),
    /^warning: .* runs registry:5000\/baremetal-operator, and .* which of them is newer cannot be told/,
  ],
  [
    "a feature gate that is on for the source alone",
    (world) =>
      (container(world.source, "capi-controller-manager").args = [
        "--feature-gates=MachinePool=true,ClusterTopology=true",
      ]),
    /^error: Deployment capi-system\/capi-controller-manager on the target has other feature gates: ClusterTopology is false, and true on the source/,
  ],
  [
    "a feature gate that is on for the target alone",
    (world) =>
      (container(target(world), "capi-controller-manager").args = [
        "--feature-gates",
        "MachinePool=true,ClusterTopology=true",
      ]),
    /^warning: Deployment capi-system\/capi-controller-manager on the target has other feature gates/,
  ],
  [
    "a manager that is not available on the target",
    (world) => (one(target(world).deployments, "Deployment", "ipam-controller-manager").status = {}),
    /may settle.*metal3-ipam-system\/ipam-controller-manager on the target is not available/,
  ],
  [
    "a manager that is not available on the source",
    (world) => (one(world.source.deployments, "Deployment", "capm3-controller-manager").status = {}),
    /may settle.*capm3-controller-manager on the source is not available/,
  ],
  [
    "an API server that fell over just now",
    (world) => restartedAgo(target(world).controlPlanePods[1], "2026-01-01T11:59:50Z"),
    /may settle.*kube-apiserver-a on the target its container kube-apiserver restarted 10 s ago/,
  ],
  [
    "an API server that fell over some minutes ago",
    (world) => restartedAgo(world.source.controlPlanePods[1], "2026-01-01T11:55:00Z"),
    /^warning: .*kube-apiserver-a on the source its container kube-apiserver restarted 300 s ago/,
  ],
  [
    "a manager that fell over lately",
    (world) => restartedAgo(target(world).pods[0], "2026-01-01T11:59:50Z"),
    /^warning: .*capi-controller-manager-1 on the target its container manager restarted 10 s ago/,
  ],
  [
    "clocks that differ",
    (world) => (target(world).clock = { seconds: 20, error: 0.5 }),
    /^warning: clocks of source and target differ by 19.8 s; the target is ahead/,
    /^warning: clock of the target is 20.0 s ahead of this machine's/,
  ],
  [
    "clocks that differ too much",
    (world) => (target(world).clock = { seconds: -90, error: 0.5 }),
    /^error: clocks of source and target differ by 90.2 s; the target is behind/,
    /^warning: clock of the target is 90.0 s behind this machine's/,
  ],
  [
    "a target without the namespace",
    (world) => (target(world).namespace = undefined),
    /may settle.*Namespace metal3 on the target is absent/,
  ],
  [
    "a namespace that is being deleted",
    (world) => (target(world).namespace!.status = { phase: "Terminating" }),
    /^error: Namespace metal3 on the target is being deleted/,
  ],
  [
    "a silent webhook",
    (world) =>
      world.creates.push({
        object: "IPPool metal3/lab-nodes",
        subject: { metadata: { name: "lab-nodes" } },
        trouble: "unanswered",
        message: "failed calling webhook: connection refused",
      }),
    /may settle.*IPPool metal3\/lab-nodes on the target cannot be created \(dry run\): failed calling webhook/,
  ],
  [
    "a webhook that does not know what it is given",
    (world) =>
      world.creates.push({
        object: "BareMetalHost metal3/host-0",
        subject: { metadata: { name: "host-0" } },
        trouble: "denied",
        message: "unknown field in the status annotation",
      }),
    /^error: BareMetalHost metal3\/host-0 on the target is denied \(dry run\): unknown field/,
  ],
  [
    "a cluster of a class that the target has not yet",
    (world) =>
      world.creates.push({
        object: "Cluster metal3/lab",
        subject: { metadata: { name: "lab" }, spec: { topology: {} } },
        trouble: "denied",
        message: "ClusterClass not found",
      }),
    /^warning: Cluster metal3\/lab on the target is denied/,
  ],
  [
    "a leftover on the target",
    (world) =>
      (world.targetObjects = [
        one(healthyWorld().objects, "IPPool", "lab-nodes"),
        one(healthyWorld().objects, "Cluster", "lab"),
      ]),
    /^error: (IPPool metal3\/lab-nodes|Cluster metal3\/lab) on the target exists before the move/,
  ],
];

describe("the gate and the two clusters", () => {
  itFinds(defects);
});
