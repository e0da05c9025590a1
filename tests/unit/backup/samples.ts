import type { ArchiveContent } from "../../../lifecycle/backup/format";
import { countsByKind } from "../../../lifecycle/inventory/graph";
import type { KubeObject } from "../../../lifecycle/shared/kube/objects";

/** An object with owners. */
export function object(
  apiVersion: string,
  kind: string,
  name: string,
  owners: readonly KubeObject[] = [],
  rest: { readonly metadata?: Partial<KubeObject["metadata"]> } & Readonly<Record<string, unknown>> = {},
): KubeObject {
  return {
    ...rest,
    apiVersion,
    kind,
    metadata: {
      ...rest.metadata,
      name,
      namespace: "metal3",
      uid: `uid-of-${kind}-${name}`,
      resourceVersion: "77",
      generation: 3,
      ...(owners.length === 0 ? {} : { ownerReferences: owners.map(reference) }),
    },
  };
}

/** A reference to an owner. */
export function reference(owner: KubeObject) {
  const { apiVersion = "", kind = "", metadata } = owner;
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid ?? "" };
}

export const cluster = object("cluster.x-k8s.io/v1beta2", "Cluster", "lab", [], {
  spec: { clusterNetwork: {} },
  status: { observedGeneration: 3, conditions: [{ type: "Available", observedGeneration: 3 }] },
});
export const machine = object("cluster.x-k8s.io/v1beta2", "Machine", "lab-1", [cluster]);
export const metal3Machine = object("infrastructure.cluster.x-k8s.io/v1beta2", "Metal3Machine", "lab-1", [
  machine,
]);

const provisioned = {
  operationalStatus: "OK",
  hardware: { cpu: {} },
  provisioning: { state: "provisioned" },
};

/** A host that a machine uses. */
export const usedHost = object("metal3.io/v1alpha1", "BareMetalHost", "host-1", [metal3Machine], {
  metadata: { labels: { "cluster.x-k8s.io/cluster-name": "lab" } },
  spec: { online: true, consumerRef: { kind: "Metal3Machine", name: "lab-1" } },
  status: provisioned,
});

/** A host that nobody uses. */
export const spareHost = object("metal3.io/v1alpha1", "BareMetalHost", "host-2", [], {
  spec: { online: true },
  status: { ...provisioned, provisioning: { state: "available" } },
});

export const secret = object("v1", "Secret", "host-1-bmc", [usedHost], {
  type: "Opaque",
  data: { password: "c2VjcmV0LXBhc3N3b3Jk" },
});

/** A small archive's content. */
export function content(
  objects: readonly KubeObject[] = [cluster, machine, metal3Machine, usedHost, spareHost, secret],
  createdAt = "2026-01-02T03:04:05.678Z",
): ArchiveContent {
  return {
    header: {
      format: "metal3-backup",
      version: 1,
      program: "metal3-cluster 0.1.0",
      stack: "test",
      clusterName: "lab",
      namespace: "metal3",
      createdAt,
      kubernetesVersion: "v1.34.4",
      providers: [{ name: "metal3", type: "InfrastructureProvider", version: "v1.13.2" }],
      operatorImage: "quay.io/metal3-io/baremetal-operator:v0.13.2",
      counts: countsByKind(objects),
    },
    definitions: [
      {
        name: "baremetalhosts.metal3.io",
        kind: "BareMetalHost",
        group: "metal3.io",
        storage: "v1alpha1",
        served: ["v1alpha1"],
      },
    ],
    objects: [...objects],
  };
}
