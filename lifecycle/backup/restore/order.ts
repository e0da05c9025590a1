import type { KubeObject } from "../../shared/kube/objects";

/**
 * Objects in the order in which they can be created: each group needs only those before it. Owners come before what they
 * own, ClusterClasses before Clusters. A cycle of owners is cut where it closes.
 */
export function creationGroups(objects: readonly KubeObject[]): KubeObject[][] {
  const byUid = new Map(objects.map((object) => [object.metadata.uid ?? "", object]));
  const classes = objects.filter(({ kind }) => kind === "ClusterClass");
  const depths = new Map<KubeObject, number>();
  const needs = (object: KubeObject): KubeObject[] => [
    ...(object.metadata.ownerReferences ?? []).flatMap(({ uid }) => byUid.get(uid) ?? []),
    ...(object.kind === "Cluster" ? classes : []),
  ];
  const depth = (object: KubeObject, path: ReadonlySet<KubeObject>): number => {
    const known = depths.get(object);
    if (known !== undefined) {
      return known;
    }
    const inPath = new Set(path).add(object);
    const before = needs(object).filter((owner) => !inPath.has(owner));
    const result = Math.max(-1, ...before.map((owner) => depth(owner, inPath))) + 1;
    depths.set(object, result);
    return result;
  };
  const groups: KubeObject[][] = [];
  for (const object of objects) {
    (groups[depth(object, new Set())] ??= []).push(object);
  }
  return Array.from(groups, (group) => group ?? []).filter((group) => group.length > 0);
}
