import { createHash } from "node:crypto";
import type { ClusterConfig } from "../config/clusterConfig";

/** Label by which Cluster API and clusterctl know a cluster's objects. */
export const clusterNameLabel = "cluster.x-k8s.io/cluster-name";

/** Label by which a MachineDeployment knows its machines. */
export const deploymentNameLabel = "cluster.x-k8s.io/deployment-name";

/** Metadata of an object of the target cluster. */
export function clusterMetadata(config: Pick<ClusterConfig, "clusterName" | "namespace">, name: string) {
  return { name, namespace: config.namespace, labels: { [clusterNameLabel]: config.clusterName } };
}

/**
 * Name of an immutable template: a stem and a digest of what the template says. A changed template is another object, and
 * who refers to it rolls out.
 */
export function contentName(stem: string, content: unknown): string {
  return `${stem}-${contentDigest(content)}`;
}

/** Eight hexadecimal digits that tell one content from another. */
export function contentDigest(content: unknown): string {
  return createHash("sha256").update(canonicalJSON(content)).digest("hex").slice(0, 8);
}

/** JSON that does not depend on the order of keys. */
function canonicalJSON(content: unknown): string {
  return JSON.stringify(content, (_key, value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}
