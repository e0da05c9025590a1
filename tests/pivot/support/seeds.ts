/** How objects are written down before they are made, owners first. */
import type { KubeObject, OwnerReference } from "../../../lifecycle/shared/kube/objects";

export const namespace = "metal3";
export const clusterName = "lab";
export const operatorNamespace = "baremetal-operator-system";

/** API versions of the objects. */
export const versions = {
  capi: "cluster.x-k8s.io/v1beta2",
  infra: "infrastructure.cluster.x-k8s.io/v1beta2",
  bootstrap: "bootstrap.cluster.x-k8s.io/v1beta2",
  controlPlane: "controlplane.cluster.x-k8s.io/v1beta2",
  metal3: "metal3.io/v1alpha1",
  ipam: "ipam.metal3.io/v1alpha1",
} as const;

/** An object to be made, after its owners. */
export interface Seed {
  readonly object: KubeObject;
  readonly status?: Record<string, unknown>;
  /** Owners as "Kind name"; the first is the controller. */
  readonly owners: readonly string[];
}

interface Extras {
  readonly labels?: Record<string, string>;
  readonly annotations?: Record<string, string>;
  readonly finalizers?: readonly string[];
}

/** Label of everything that belongs to the cluster. */
export const ofCluster = { "cluster.x-k8s.io/cluster-name": clusterName };

/** An object of the namespace. `status` is taken out of the content: it is written by itself. */
export function seed(
  apiVersion: string,
  kind: string,
  name: string,
  owners: readonly string[],
  content: Record<string, unknown> = {},
  { labels, annotations, finalizers }: Extras = {},
): Seed {
  const { status, ...rest } = content;
  return {
    owners,
    status: status as Record<string, unknown> | undefined,
    object: {
      apiVersion,
      kind,
      metadata: {
        name,
        namespace,
        labels: { ...(apiVersion === "v1" ? {} : ofCluster), ...labels },
        annotations: annotations ?? {},
        finalizers: finalizers ?? [],
      },
      ...rest,
    },
  };
}

/** What is in a Secret that was given no other content, encoded as the API server shows it. */
export function secretValue(name: string): string {
  return encoded(`secret of ${name}`);
}

/** A secret with one value. @param content Default: see {@link secretValue}. */
export function secret(
  name: string,
  owners: readonly string[],
  labels: Record<string, string> = {},
  content?: string,
): Seed {
  const data = { value: content === undefined ? secretValue(name) : encoded(content) };
  return seed("v1", "Secret", name, owners, { type: "Opaque", data }, { labels });
}

/** An owner reference to an object that was created. */
export function ownerReference(owner: KubeObject, controller: boolean): OwnerReference {
  return {
    apiVersion: owner.apiVersion ?? "",
    kind: owner.kind ?? "",
    name: owner.metadata.name,
    uid: owner.metadata.uid ?? "",
    ...(controller ? { controller: true } : {}),
  };
}

function encoded(content: string): string {
  return Buffer.from(content).toString("base64");
}
