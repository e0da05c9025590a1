import { objectKey } from "../inventory/graph";
import type { KubeObject } from "../shared/kube/objects";
import { type ArchiveHeader } from "./format";
import { objectsIn } from "./store";

/** What an archive says of itself, for a terminal. */
export function headerLines(header: ArchiveHeader): string[] {
  return [
    `cluster     ${header.namespace}/${header.clusterName} of stack ${header.stack}`,
    `made        ${header.createdAt} by ${header.program}, format ${header.version}`,
    `Kubernetes  ${header.kubernetesVersion}`,
    ...header.providers.map(({ name, type, version }) => `provider    ${type} ${name} ${version}`),
    ...(header.operatorImage === undefined ? [] : [`operator    ${header.operatorImage}`]),
    `objects     ${objectsIn(header)}`,
    ...Object.entries(header.counts).map(([kind, count]) => `  ${String(count).padStart(4)} ${kind}`),
  ];
}

/** The objects of an opened archive by name; no content, which may be secret. */
export function objectLines(objects: readonly KubeObject[]): string[] {
  return objects.map(objectKey).sort();
}
