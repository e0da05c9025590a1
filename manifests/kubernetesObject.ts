/** A Kubernetes object as the functions of this folder make it; leaves may be Pulumi outputs where that is said. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

/** API group and version of each kind that is rendered here. */
export const apiVersions = {
  bareMetalHost: "metal3.io/v1alpha1",
  bootstrap: "bootstrap.cluster.x-k8s.io/v1beta2",
  cluster: "cluster.x-k8s.io/v1beta2",
  controlPlane: "controlplane.cluster.x-k8s.io/v1beta2",
  infrastructure: "infrastructure.cluster.x-k8s.io/v1beta2",
  ipam: "ipam.metal3.io/v1alpha1",
} as const;

/** A reference to an object of the same namespace as Cluster API v1beta2 writes it: by group, without version. */
export interface ObjectReference {
  readonly apiGroup: string;
  readonly kind: string;
  readonly name: string;
}

/** Refers to an object. */
export function referenceTo({ apiVersion, kind, metadata }: KubernetesObject): ObjectReference {
  return { apiGroup: apiVersion.slice(0, apiVersion.indexOf("/")), kind, name: metadata.name };
}
