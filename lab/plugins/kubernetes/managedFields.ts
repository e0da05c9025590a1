import { isObject } from "../../../providers/shared/properties";
import type { PropertyMap, PropertyValue } from "../../../providers/shared/properties";
import { deepCopy, nestedObjects, nestedString } from "./objects";
import type { KubeObject } from "./objects";

/** A manager of fields: Kubernetes tells managers apart by name and by how they write. */
interface Manager {
  readonly name: string;
  readonly operation: "Apply" | "Update";
}

/**
 * Managers whose fields become ours on the first server-side apply: those of our own creation requests, of client-side
 * apply, and of kubectl, all of which a user means to hand over by declaring the object.
 */
const PREDECESSORS: readonly Manager[] = [
  { name: "kubectl", operation: "Apply" },
  { name: "kubectl", operation: "Update" },
  { name: "before-first-apply", operation: "Update" },
  { name: "pulumi-kubernetes", operation: "Update" },
  { name: "pulumi-kubernetes.exe", operation: "Update" },
  { name: "pulumi-resource-kubernetes", operation: "Update" },
];

/**
 * A JSON patch that gives the fields of our predecessors to `manager`, `undefined` when they own none. It fails with a
 * conflict when the object changed in the meantime.
 */
export function takeOverPatch(live: KubeObject, manager: string): PropertyMap[] | undefined {
  const entries = nestedObjects(live, "metadata", "managedFields");
  const taken = entries.filter(isPredecessor);
  if (taken.length === 0) return undefined;
  const own = entries.find(
    (entry) => entry["manager"] === manager && entry["operation"] === "Apply" && !hasSubresource(entry),
  );
  const base = own ?? taken[0];
  if (base === undefined) return undefined;
  const fields = [...(own ? [own] : []), ...taken].reduce<PropertyMap>((union, entry) => {
    const set = entry["fieldsV1"];
    return isObject(set) ? mergeSets(union, set) : union;
  }, {});
  const merged: PropertyMap = { ...deepCopy(base), manager, operation: "Apply", fieldsV1: fields };
  const rest = entries.filter((entry) => entry !== own && !taken.includes(entry));
  return [
    { op: "replace", path: "/metadata/managedFields", value: [merged, ...rest] },
    {
      op: "replace",
      path: "/metadata/resourceVersion",
      value: nestedString(live, "metadata", "resourceVersion"),
    },
  ];
}

/** True when our own creation request still owns fields: an apply in a preview has to be forced then. */
export function hasClientSideFields(live: KubeObject): boolean {
  return nestedObjects(live, "metadata", "managedFields").some(
    (entry) =>
      entry["operation"] === "Update" &&
      ["pulumi-kubernetes", "pulumi-kubernetes.exe", "pulumi-resource-kubernetes"].includes(
        nestedString(entry, "manager"),
      ),
  );
}

/** Who owns the field at a path of keys: us, another manager, both or none. */
export function fieldOwners(
  live: KubeObject,
  manager: string,
  path: readonly string[],
): { ours: boolean; others: boolean } {
  let ours = false;
  let others = false;
  for (const entry of nestedObjects(live, "metadata", "managedFields")) {
    if (!hasField(entry["fieldsV1"], path)) continue;
    if (entry["manager"] === manager) ours = true;
    else others = true;
  }
  return { ours, others };
}

function hasField(set: PropertyValue | undefined, path: readonly string[]): boolean {
  let level: PropertyValue | undefined = set;
  for (const key of path) {
    if (!isObject(level)) return false;
    level = level[`f:${key}`];
  }
  return level !== undefined;
}

function isPredecessor(entry: PropertyMap): boolean {
  return (
    !hasSubresource(entry) &&
    PREDECESSORS.some(({ name, operation }) => entry["manager"] === name && entry["operation"] === operation)
  );
}

function hasSubresource(entry: PropertyMap): boolean {
  return nestedString(entry, "subresource") !== "";
}

function mergeSets(a: PropertyMap, b: PropertyMap): PropertyMap {
  const merged: PropertyMap = { ...a };
  for (const [key, value] of Object.entries(b)) {
    const existing = merged[key];
    merged[key] = isObject(existing) && isObject(value) ? mergeSets(existing, value) : value;
  }
  return merged;
}
