import { isClusterSecretName, objectKey } from "../../inventory/graph";
import { describe, type KubeObject, type OwnerReference } from "../../shared/kube/objects";
import { isConsumed } from "../hostAnnotations";

/** An object that moves, and its place in the graph of owners. */
export interface GraphNode {
  /** Identity across clusters. */
  readonly key: string;
  readonly kind: string;
  readonly name: string;
  /** Keys of its owners that move with it. */
  readonly owners: readonly string[];
  /** A host that no machine uses. */
  readonly spare?: true;
}

/** The graph of what moves: every object with its owners. A Cluster owns its secrets by their names, as clusterctl has it. */
export function moveGraph(moving: readonly KubeObject[]): GraphNode[] {
  const byUid = new Map(moving.map((object) => [object.metadata.uid ?? "", objectKey(object)]));
  const clusters = moving.filter(({ kind }) => kind === "Cluster");
  return moving.map((object) => {
    const references = [...(object.metadata.ownerReferences ?? [])].sort(controllerFirst);
    const byName =
      object.kind === "Secret" && references.length === 0
        ? clusters.filter(({ metadata }) => isClusterSecretName(object.metadata.name, metadata.name))
        : [];
    return {
      key: objectKey(object),
      kind: object.kind ?? "",
      name: object.metadata.name,
      owners: [...references.map(({ uid }) => byUid.get(uid)), ...byName.map(objectKey)].filter(
        (key): key is string => key !== undefined,
      ),
      ...(object.kind === "BareMetalHost" && !isConsumed(object) ? { spare: true as const } : {}),
    };
  });
}

function controllerFirst(a: OwnerReference, b: OwnerReference): number {
  return Number(b.controller ?? false) - Number(a.controller ?? false);
}

/** Of so many objects of a kind under one owner, the first few are drawn and the rest is counted. */
const drawnAtMost = 8;

/** The graph as a tree, one line an object; each stands below its first owner. */
export function drawTree(graph: readonly GraphNode[]): string[] {
  const children = new Map<string, GraphNode[]>();
  const roots: GraphNode[] = [];
  const parents = treeParents(graph);
  for (const node of [...graph].sort(byKindAndName)) {
    const parent = parents.get(node.key);
    if (parent === undefined) {
      roots.push(node);
    } else {
      children.set(parent, [...(children.get(parent) ?? []), node]);
    }
  }
  const lines: string[] = [];
  const draw = (nodes: readonly GraphNode[], indent: string, isRoot: boolean) => {
    const rows = shorten(nodes);
    rows.forEach(({ text, node }, index) => {
      const last = index === rows.length - 1;
      lines.push(`${indent}${isRoot ? "" : last ? "└─ " : "├─ "}${text}`);
      if (node) {
        draw(children.get(node.key) ?? [], isRoot ? indent : `${indent}${last ? "   " : "│  "}`, false);
      }
    });
  };
  draw(roots, "", true);
  return lines;
}

interface Row {
  readonly text: string;
  /** Undefined for a line that stands for several. */
  readonly node?: GraphNode;
}

/** A line for each node; of a kind with many, for the first few, and one for the rest. */
function shorten(nodes: readonly GraphNode[]): Row[] {
  const byKind = new Map<string, GraphNode[]>();
  nodes.forEach((node) => byKind.set(node.kind, [...(byKind.get(node.kind) ?? []), node]));
  return [...byKind].flatMap(([kind, all]) => {
    const rows: Row[] = all.slice(0, drawnAtMost).map((node) => ({ text: label(node), node }));
    return all.length > drawnAtMost
      ? [...rows, { text: `${kind} … ${all.length - drawnAtMost} more` }]
      : rows;
  });
}

/** The first owner of each node that does not lead back to it: a cycle of owners is cut. */
function treeParents(graph: readonly GraphNode[]): Map<string, string> {
  const parents = new Map<string, string>();
  const leadsTo = (from: string, wanted: string): boolean => {
    for (let key: string | undefined = from; key !== undefined; key = parents.get(key)) {
      if (key === wanted) {
        return true;
      }
    }
    return false;
  };
  for (const { key, owners } of graph) {
    const parent = owners.find((owner) => !leadsTo(owner, key));
    if (parent !== undefined) {
      parents.set(key, parent);
    }
  }
  return parents;
}

function label({ kind, name, spare }: GraphNode): string {
  return `${kind} ${name}${spare ? " (spare)" : ""}`;
}

function byKindAndName(a: GraphNode, b: GraphNode): number {
  return a.kind.localeCompare(b.kind) || a.name.localeCompare(b.name, "en", { numeric: true });
}

/** An object that stays on the source, and why. */
export interface Staying {
  readonly object: string;
  readonly why: string;
}

/** What would be left behind of a namespace. */
export function stayingObjects(
  objects: readonly KubeObject[],
  moving: readonly KubeObject[],
  strangers: readonly KubeObject[],
): Staying[] {
  const moves = new Set(moving);
  return [
    ...objects
      .filter((object) => !moves.has(object))
      .map((object) => ({ object: describe(object), why: whyStays(object) })),
    ...strangers.map((object) => ({
      object: describe(object),
      why: "its definition has no clusterctl label; the target's operator makes its own",
    })),
  ];
}

function whyStays(object: KubeObject): string {
  if (object.kind === "ConfigMap" && object.metadata.name === "kube-root-ca.crt") {
    return "every cluster has its own";
  }
  if (object.kind === "IPPool" || object.kind === "Metal3DataTemplate") {
    return "no Cluster owns it: it has no spec.clusterName, or its controller has not seen it yet";
  }
  if (object.kind === "BareMetalHost") {
    return "no machine uses it, and the definition of BareMetalHost lacks the label that takes all hosts along";
  }
  const owners = object.metadata.ownerReferences ?? [];
  return owners.length > 0
    ? `its owners stay: ${owners.map(({ kind, name }) => `${kind} ${name}`).join(", ")}`
    : "nothing owns it, and it has no label to move";
}
