import { describe, expect, it } from "vitest";
import { apis, object } from "./objects";
import { type Defect, itFinds } from "./planted";
import { findingsAfter, one } from "./world";

const defects: readonly Defect[] = [
  [
    "an owner that does not move",
    (world) => {
      const mine = object("v1", "ConfigMap", "mine");
      world.objects.push(mine);
      one(world.objects, "Secret", "host-2-bmc").metadata.ownerReferences?.push({
        apiVersion: "v1",
        kind: "ConfigMap",
        name: "mine",
        uid: mine.metadata.uid,
      });
    },
    /^error: Secret metal3\/host-2-bmc is owned by ConfigMap mine, which does not move/,
    /^warning: ConfigMap metal3\/mine is owned by nothing that moves/,
  ],
  [
    "an owner that clusterctl does not know",
    (world) =>
      one(world.objects, "Secret", "host-2-bmc").metadata.ownerReferences?.push({
        apiVersion: "example.com/v1",
        kind: "Vault",
        name: "v",
        uid: "unknown",
      }),
    /may settle.*Secret metal3\/host-2-bmc is owned by Vault v, which is not in the namespace/,
  ],
  [
    "a pool that no cluster owns",
    (world) => world.objects.push(object(apis.ipam, "IPPool", "orphan", { spec: { pools: [] } })),
    /may settle.*IPPool metal3\/orphan is owned by no Cluster/,
  ],
  [
    "a part of the cluster that nothing owns",
    (world) =>
      world.objects.push(
        object(apis.infrastructure, "Metal3DataClaim", "stray", {
          labels: { "cluster.x-k8s.io/cluster-name": "lab" },
        }),
      ),
    /may settle.*Metal3DataClaim metal3\/stray belongs to the cluster, is owned by nothing that moves/,
  ],
  [
    "a template that nothing uses",
    (world) =>
      world.objects.push(
        object(apis.infrastructure, "Metal3MachineTemplate", "old", {
          labels: { "cluster.x-k8s.io/cluster-name": "lab" },
        }),
      ),
    /^warning: Metal3MachineTemplate metal3\/old is a template of the cluster that nothing uses/,
  ],
  [
    "a secret that would stay behind",
    (world) => world.objects.push(object("v1", "Secret", "mine")),
    /^warning: Secret metal3\/mine is owned by nothing that moves/,
  ],
  [
    "a secret that may not stay behind",
    (world) => {
      world.objects.push(object("v1", "Secret", "mine"));
      world.scope.unownedObjects = "refuse";
    },
    /^error: Secret metal3\/mine is owned by nothing that moves/,
  ],
  [
    "another object that would stay behind",
    (world) => world.objects.push(object(apis.ipam, "IPClaim", "mine")),
    /^warning: IPClaim metal3\/mine is owned by nothing that moves/,
  ],
  [
    "firmware settings of a user",
    (world) =>
      (one(world.strangers, "HostFirmwareSettings", "host-0").spec.settings = {
        ProcVirtualization: "Enabled",
      }),
    /^warning: HostFirmwareSettings metal3\/host-0 carries settings of a user/,
  ],
];

describe("the gate and what would stay behind", () => {
  itFinds(defects);

  it("takes unowned secrets along without a word when the stack says so", () => {
    const found = findingsAfter((world) => {
      world.objects.push(object("v1", "Secret", "mine"));
      world.scope.unownedObjects = "label";
    });
    expect(found).toEqual([]);
  });

  it("leaves alone what a user has labelled", () => {
    const found = findingsAfter((world) =>
      world.objects.push(
        object("v1", "Secret", "mine", { labels: { "clusterctl.cluster.x-k8s.io/move": "" } }),
      ),
    );
    expect(found).toEqual([]);
  });
});
