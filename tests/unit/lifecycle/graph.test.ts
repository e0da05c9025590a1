import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  countsByKind,
  deletionGenerations,
  movingObjects,
  moveTypes,
  objectKey,
} from "../../../lifecycle/inventory/graph";
import type { KubeObject } from "../../../lifecycle/shared/kube/objects";

const core = "cluster.x-k8s.io/v1beta2";

function definition(group: string, kind: string, labels: readonly string[], version = "v1"): KubeObject {
  return {
    metadata: {
      name: `${kind.toLowerCase()}s.${group}`,
      labels: Object.fromEntries(labels.map((label) => [label, ""])),
    },
    spec: {
      group,
      scope: "Namespaced",
      names: { kind },
      versions: [
        { name: "old", storage: false },
        { name: version, storage: true },
      ],
    },
  };
}

function object(
  apiVersion: string,
  kind: string,
  name: string,
  owners: readonly KubeObject[] = [],
): KubeObject {
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      namespace: "metal3",
      uid: `${kind}/${name}`,
      ownerReferences: owners.map((owner) => ({
        apiVersion: owner.apiVersion ?? "",
        kind: owner.kind ?? "",
        name: owner.metadata.name,
        uid: owner.metadata.uid ?? "",
      })),
    },
  };
}

const label = "clusterctl.cluster.x-k8s.io";
const known = moveTypes([
  definition("cluster.x-k8s.io", "Cluster", [label], "v1beta2"),
  definition("cluster.x-k8s.io", "Machine", [label], "v1beta2"),
  definition("ipam.metal3.io", "IPPool", [label], "v1alpha1"),
  definition("metal3.io", "BareMetalHost", [label, `${label}/move`, `${label}/move-hierarchy`], "v1alpha1"),
  definition("metal3.io", "HardwareData", [label, `${label}/move`], "v1alpha1"),
  definition("metal3.io", "HostFirmwareSettings", [], "v1alpha1"),
]);

describe("moveTypes", () => {
  it("takes labelled definitions in their storage version, and secrets and config maps", () => {
    expect(known.map(({ apiVersion, kind }) => `${apiVersion} ${kind}`)).toEqual([
      "cluster.x-k8s.io/v1beta2 Cluster",
      "cluster.x-k8s.io/v1beta2 Machine",
      "ipam.metal3.io/v1alpha1 IPPool",
      "metal3.io/v1alpha1 BareMetalHost",
      "metal3.io/v1alpha1 HardwareData",
      "v1 Secret",
      "v1 ConfigMap",
    ]);
  });
});

describe("movingObjects", () => {
  const cluster = object(core, "Cluster", "lab");
  const machine = object(core, "Machine", "lab-1", [cluster]);
  const spare = object("metal3.io/v1alpha1", "BareMetalHost", "host-2");

  it("follows owners from Clusters and hosts, also through several", () => {
    const bootstrapData = object("v1", "Secret", "lab-1-data", [machine]);
    const bmc = object("v1", "Secret", "host-2-bmc", [spare]);
    const strange = object("v1", "Secret", "someone-elses");
    const moving = movingObjects([strange, bootstrapData, bmc, machine, cluster, spare], known);
    expect(moving.map(objectKey).sort()).toEqual([
      "BareMetalHost.metal3.io metal3/host-2",
      "Cluster.cluster.x-k8s.io metal3/lab",
      "Machine.cluster.x-k8s.io metal3/lab-1",
      "Secret metal3/host-2-bmc",
      "Secret metal3/lab-1-data",
    ]);
  });

  it("takes the Cluster's secrets by their names when nothing owns them", () => {
    const byName = ["lab-ca", "lab-kubeconfig", "lab-apiserver-etcd-client"].map((name) =>
      object("v1", "Secret", name),
    );
    const others = ["lab-other", "other-ca", "ca"].map((name) => object("v1", "Secret", name));
    expect(movingObjects([cluster, ...byName, ...others], known)).toEqual([cluster, ...byName]);
  });

  it("moves hardware data by its type, and a labelled object by itself", () => {
    const hardware = object("metal3.io/v1alpha1", "HardwareData", "host-2");
    const labelled: KubeObject = {
      ...object("v1", "Secret", "mine"),
      metadata: { name: "mine", namespace: "metal3", uid: "x", labels: { [`${label}/move`]: "" } },
    };
    expect(movingObjects([hardware, labelled], known)).toEqual([hardware, labelled]);
  });

  it("leaves a pool behind that no Cluster owns", () => {
    expect(movingObjects([cluster, object("ipam.metal3.io/v1alpha1", "IPPool", "pool")], known)).toEqual([
      cluster,
    ]);
  });

  it("survives owners in a circle", () => {
    const a: KubeObject = object(core, "Machine", "a", [object(core, "Machine", "b")]);
    const b: KubeObject = object(core, "Machine", "b", [a, cluster]);
    expect(movingObjects([cluster, a, b], known)).toHaveLength(3);
    expect(deletionGenerations([cluster, a, b]).flat()).toHaveLength(3);
  });
});

describe("deletionGenerations", () => {
  it("puts what is owned before its owners, and Clusters last", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 1, maxLength: 30 }), (parents) => {
        const objects = [object(core, "Cluster", "lab")];
        parents.forEach((parent, index) => {
          objects.push(object(core, "Machine", `m${index}`, [objects[parent % objects.length]]));
        });
        const generations = deletionGenerations(objects);
        const order = generations.flat();
        expect(new Set(order)).toEqual(new Set(objects));
        expect(order.at(-1)?.kind).toBe("Cluster");
        const position = new Map(
          generations.flatMap((generation, index) => generation.map((one) => [one.metadata.uid, index])),
        );
        for (const one of objects) {
          for (const owner of one.metadata.ownerReferences ?? []) {
            expect(position.get(one.metadata.uid)).toBeLessThan(position.get(owner.uid) ?? -1);
          }
        }
      }),
    );
  });
});

describe("countsByKind", () => {
  it("counts", () => {
    expect(
      countsByKind([object("v1", "Secret", "a"), object(core, "Cluster", "c"), object("v1", "Secret", "b")]),
    ).toEqual({
      Cluster: 1,
      Secret: 2,
    });
  });
});
