import { field, type KubeObject, type ObjectRef, type ObjectType, text } from "../shared/kube/objects";

/** A type of object that `clusterctl move` looks at. */
export interface MoveType extends ObjectType {
  /** Every object of the type moves, whoever owns it. */
  readonly move: boolean;
  /** Every object of the type moves, with everything that it owns. */
  readonly hierarchy: boolean;
}

/** Marks a definition as known to clusterctl; with a suffix, how its objects move. */
export const clusterctlLabel = "clusterctl.cluster.x-k8s.io";
export const moveLabel = `${clusterctlLabel}/move`;
export const moveHierarchyLabel = `${clusterctlLabel}/move-hierarchy`;

/** Types whose objects move with all that they own, without a label. */
const builtInHierarchies = new Set([
  "Cluster.cluster.x-k8s.io",
  "ClusterClass.cluster.x-k8s.io",
  "ClusterResourceSet.addons.cluster.x-k8s.io",
]);

/** Core types that move when something that moves owns them. */
const coreTypes: readonly MoveType[] = [
  { apiVersion: "v1", kind: "Secret", move: false, hierarchy: false },
  { apiVersion: "v1", kind: "ConfigMap", move: false, hierarchy: false },
];

/** The types that move, from the custom resource definitions of a cluster: the rule of clusterctl's discovery. */
export function moveTypes(definitions: readonly KubeObject[]): MoveType[] {
  const custom = definitions.flatMap((definition): MoveType[] => {
    const labels = definition.metadata.labels ?? {};
    const versions = (field(definition, "spec", "versions") ?? []) as { name: string; storage: boolean }[];
    const storage = versions.find((version) => version.storage)?.name;
    const group = text(definition, "spec", "group");
    const kind = text(definition, "spec", "names", "kind");
    if (
      !(clusterctlLabel in labels) ||
      !storage ||
      !group ||
      !kind ||
      field(definition, "spec", "scope") !== "Namespaced"
    ) {
      return [];
    }
    const hierarchy = builtInHierarchies.has(`${kind}.${group}`) || moveHierarchyLabel in labels;
    return [{ apiVersion: `${group}/${storage}`, kind, move: hierarchy || moveLabel in labels, hierarchy }];
  });
  return [...custom, ...coreTypes];
}

/** Identity of an object across clusters: "Kind.group namespace/name". Versions may differ, UIDs always do. */
export function objectKey(object: KubeObject): string {
  const group = object.apiVersion?.includes("/") ? `.${object.apiVersion.split("/")[0]}` : "";
  return `${object.kind}${group} ${object.metadata.namespace ?? ""}/${object.metadata.name}`;
}

/** Reference to an object that was read. */
export function refOf(object: KubeObject): ObjectRef {
  return {
    apiVersion: object.apiVersion ?? "",
    kind: object.kind ?? "",
    namespace: object.metadata.namespace,
    name: object.metadata.name,
  };
}

/** Name endings of the secrets that belong to a Cluster by convention, when nothing owns them. */
const clusterSecretPurposes = ["kubeconfig", "ca", "etcd", "sa", "proxy", "apiserver-etcd-client"];

/**
 * The objects that `clusterctl move` moves out of those found: what carries a move label or is of a type that does, and
 * what such an object owns, directly or through others.
 */
export function movingObjects(objects: readonly KubeObject[], knownTypes: readonly MoveType[]): KubeObject[] {
  const typeOf = new Map(knownTypes.map((type) => [`${type.apiVersion} ${type.kind}`, type]));
  const dependants = dependantsByOwner(objects);
  const moving = new Set<KubeObject>();
  const descend = (object: KubeObject) => {
    if (moving.has(object)) {
      return;
    }
    moving.add(object);
    (dependants.get(object.metadata.uid ?? "") ?? []).forEach(descend);
  };
  const alone = new Set<KubeObject>();
  for (const object of objects) {
    const type = typeOf.get(`${object.apiVersion} ${object.kind}`);
    const labels = object.metadata.labels ?? {};
    if (type?.hierarchy || moveHierarchyLabel in labels) {
      descend(object);
    } else if (type?.move || moveLabel in labels) {
      alone.add(object);
    }
  }
  return objects.filter((object) => moving.has(object) || alone.has(object));
}

function dependantsByOwner(objects: readonly KubeObject[]): Map<string, KubeObject[]> {
  const dependants = new Map<string, KubeObject[]>();
  const add = (owner: string, object: KubeObject) => {
    const known = dependants.get(owner);
    if (known) known.push(object);
    else dependants.set(owner, [object]);
  };
  const clusters = objects.filter(
    ({ kind, apiVersion }) => kind === "Cluster" && apiVersion?.startsWith("cluster.x-k8s.io/"),
  );
  for (const object of objects) {
    const owners = object.metadata.ownerReferences ?? [];
    owners.forEach(({ uid }) => add(uid, object));
    if (object.kind === "Secret" && owners.length === 0) {
      clusters
        .filter(({ metadata }) => isClusterSecretName(object.metadata.name, metadata.name))
        .forEach(({ metadata }) => add(metadata.uid ?? "", object));
    }
  }
  return dependants;
}

/** Whether a secret belongs to a Cluster by its name. */
export function isClusterSecretName(secret: string, cluster: string): boolean {
  return clusterSecretPurposes.some((purpose) => secret === `${cluster}-${purpose}`);
}

/**
 * Objects in the order in which they can be deleted: what is owned comes before its owners, and Clusters come last, so that
 * no controller finds an owner without its parts.
 *
 * @returns Generations one after the other; the objects of one can be deleted in any order.
 */
export function deletionGenerations(objects: readonly KubeObject[]): KubeObject[][] {
  const byUid = new Map(objects.map((object) => [object.metadata.uid ?? "", object]));
  const depths = new Map<KubeObject, number>();
  const depth = (object: KubeObject, path: readonly KubeObject[]): number => {
    const known = depths.get(object);
    if (known !== undefined) {
      return known;
    }
    const owners = (object.metadata.ownerReferences ?? [])
      .map(({ uid }) => byUid.get(uid))
      // A cycle of owners is possible; it is cut where it closes.
      .filter((owner): owner is KubeObject => owner !== undefined && !path.includes(owner));
    const result =
      owners.length === 0 ? 0 : 1 + Math.max(...owners.map((owner) => depth(owner, [...path, object])));
    depths.set(object, result);
    return result;
  };
  const generations = new Map<number, KubeObject[]>();
  for (const object of objects) {
    const generation = object.kind === "Cluster" ? -1 : depth(object, []);
    const known = generations.get(generation);
    if (known) known.push(object);
    else generations.set(generation, [object]);
  }
  return [...generations].sort(([a], [b]) => b - a).map(([, generation]) => generation);
}

/** Number of objects by kind. */
export function countsByKind(objects: readonly KubeObject[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind = "" } of [...objects].sort((a, b) => (a.kind ?? "").localeCompare(b.kind ?? ""))) {
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}
