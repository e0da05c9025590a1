import type * as pulumi from "@pulumi/pulumi";
import type { ClusterConfig } from "../config/clusterConfig";
import type { KubernetesObject } from "../manifests/kubernetesObject";
import { readManifest } from "../manifests/readManifest";
import { kubernetesObject, objectResourceName } from "./kubernetesObject";

/** Options of {@link manifestObjects}. */
export interface ManifestOptions extends Pick<pulumi.CustomResourceOptions, "parent" | "provider"> {
  /** What the objects end with. */
  readonly deletedWith: pulumi.Resource;
  /** What pods need. Everything else is declared without it. */
  readonly podsAfter?: pulumi.Resource;
}

/**
 * Declares the objects of manifests, namespaces and definitions first. An object keeps its identity when it moves from one file
 * to another.
 *
 * @param files Paths relative to the project.
 * @returns All of them.
 */
export function manifestObjects(
  prefix: string,
  files: readonly string[],
  { podCIDR }: Pick<ClusterConfig, "podCIDR">,
  { podsAfter, ...options }: ManifestOptions,
): pulumi.Resource[] {
  const objects = files.flatMap((file) => readManifest(file, { POD_CIDR: podCIDR }));
  const declare = (object: KubernetesObject, dependsOn: pulumi.Resource[]) =>
    kubernetesObject(objectResourceName(prefix, object), object, { ...options, dependsOn });
  const isFirst = ({ kind }: KubernetesObject) => kind === "Namespace" || kind === "CustomResourceDefinition";
  const first = objects.filter(isFirst).map((object) => declare(object, []));
  const rest = objects
    .filter((object) => !isFirst(object))
    .map((object) => declare(object, [...first, ...(podsAfter && makesPods(object) ? [podsAfter] : [])]));
  return [...first, ...rest];
}

function makesPods({ kind }: KubernetesObject): boolean {
  return ["DaemonSet", "Deployment", "StatefulSet", "Job", "Pod"].includes(kind);
}
