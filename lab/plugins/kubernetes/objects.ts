import { Unknown, isObject } from "../../../providers/shared/properties";
import type { PropertyMap, PropertyValue } from "../../../providers/shared/properties";

/** A Kubernetes object: JSON without secrets. In previews fields may be unknown. */
export type KubeObject = PropertyMap;

/** Group, version and kind. The core group is the empty string. */
export interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** The value at a path of keys, `undefined` when any step is missing or not an object. */
export function nested(object: PropertyValue | undefined, ...path: string[]): PropertyValue | undefined {
  let value: PropertyValue | undefined = object;
  for (const key of path) {
    if (!isObject(value)) return undefined;
    value = value[key];
  }
  return value;
}

/** The string at a path, the empty string when it is missing, unknown, or of another type. */
export function nestedString(object: PropertyValue | undefined, ...path: string[]): string {
  const value = nested(object, ...path);
  return typeof value === "string" ? value : "";
}

/** The number at a path, `undefined` when it is missing or of another type. */
export function nestedNumber(object: PropertyValue | undefined, ...path: string[]): number | undefined {
  const value = nested(object, ...path);
  return typeof value === "number" ? value : undefined;
}

/** The list of objects at a path; items of other types are left out. */
export function nestedObjects(object: PropertyValue | undefined, ...path: string[]): PropertyMap[] {
  const value = nested(object, ...path);
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** Sets the value at a path and makes the objects on the way. Does nothing below a value that is not an object. */
export function setNested(object: PropertyMap, value: PropertyValue, ...path: string[]): void {
  let parent = object;
  for (const key of path.slice(0, -1)) {
    const next = parent[key] ?? (parent[key] = {});
    if (!isObject(next)) return;
    parent = next;
  }
  parent[path[path.length - 1] ?? ""] = value;
}

/** Removes the value at a path. */
export function removeNested(object: PropertyMap, ...path: string[]): void {
  const parent = nested(object, ...path.slice(0, -1));
  if (isObject(parent)) delete parent[path[path.length - 1] ?? ""];
}

/** A deep copy; unknown values are kept. */
export function deepCopy<T extends PropertyValue>(value: T): T {
  return copy(value) as T;
}

function copy(value: PropertyValue): PropertyValue {
  if (Array.isArray(value)) return value.map(copy);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, copy(field)]));
}

export const nameOf = (object: KubeObject): string => nestedString(object, "metadata", "name");
export const namespaceOf = (object: KubeObject): string => nestedString(object, "metadata", "namespace");
export const kindOf = (object: KubeObject): string => nestedString(object, "kind");
export const apiVersionOf = (object: KubeObject): string => nestedString(object, "apiVersion");
export const annotationOf = (object: KubeObject, key: string): string =>
  nestedString(object, "metadata", "annotations", key);

/** The object's group, version and kind; `core/v1` is the same as `v1`. */
export function gvkOf(object: KubeObject): GroupVersionKind {
  const [first = "", second] = apiVersionOf(object).split("/");
  const [group, version] = second === undefined ? ["", first] : [first, second];
  return { group: group === "core" ? "" : group, version, kind: kindOf(object) };
}

/** The type part of a URN, e.g. `kubernetes:apps/v1:Deployment`. */
export function typeOfUrn(urn: string): string {
  const qualified = urn.split("::")[2] ?? "";
  return qualified.split("$").at(-1) ?? "";
}

/** The name part of a URN. */
export function nameOfUrn(urn: string): string {
  return urn.split("::").slice(3).join("::");
}

/** Group, version and kind that a resource type stands for. */
export function gvkOfUrn(urn: string): GroupVersionKind {
  const [pkg, module = "", kind = ""] = typeOfUrn(urn).split(":");
  const [group, version] = module.split("/");
  if (pkg !== "kubernetes")
    throw new Error(`unrecognized resource type: "${typeOfUrn(urn)}" for this provider`);
  if (group === undefined || version === undefined) {
    throw new Error(`apiVersion does not have both a group and a version: "${module}"`);
  }
  return { group: group === "core" ? "" : group, version, kind };
}

/** `apps/v1`, or `v1` for the core group. */
export function groupVersion(gvk: Pick<GroupVersionKind, "group" | "version">): string {
  return gvk.group === "" ? gvk.version : `${gvk.group}/${gvk.version}`;
}

/** Identity of an object: `namespace/name`, or `name` for one without namespace. */
export function idOf(object: KubeObject): string {
  const namespace = namespaceOf(object);
  return namespace === "" ? nameOf(object) : `${namespace}/${nameOf(object)}`;
}

/** Splits an identity made by {@link idOf}. */
export function parseId(id: string): { namespace: string; name: string } {
  const [first = "", second] = id.split("/");
  return second === undefined ? { namespace: "", name: first } : { namespace: first, name: second };
}

/** True when a type is the Patch variant of a kind (`DeploymentPatch`), which manages fields of a foreign object. */
export function isPatchType(urn: string): boolean {
  const type = typeOfUrn(urn);
  return type.endsWith("Patch") && !type.startsWith("kubernetes:apiextensions.k8s.io/v1:CustomResource");
}

/** True when the value itself is unknown. */
export function isUnknown(value: PropertyValue | undefined): boolean {
  return value instanceof Unknown;
}
