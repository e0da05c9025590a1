/** Differences between two property values, by property path, in the form the engine shows. */
import { Secret, isObject, propertiesEqual } from "./properties";
import type { PropertyValue } from "./properties";

/** What happened to the property at a path. */
export type PropertyChange = "add" | "delete" | "update";

/**
 * Compares two values in depth; an unknown value differs from every other value, a secret from the same value in the open.
 *
 * @param path the property path of the values; the empty string for a whole property map.
 * @returns changes by property path, for instance `environment.NAME` or `nodes[0].role`.
 */
export function propertyChanges(
  before: PropertyValue | undefined,
  after: PropertyValue | undefined,
  path = "",
): Map<string, PropertyChange> {
  if (propertiesEqual(before, after)) return new Map();
  if (before === undefined) return new Map([[path, "add"]]);
  if (after === undefined) return new Map([[path, "delete"]]);

  if (before instanceof Secret && after instanceof Secret) {
    return propertyChanges(before.element, after.element, path);
  }
  if (isObject(before) && isObject(after)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
    return merge([...keys].map((key) => propertyChanges(before[key], after[key], joinKey(path, key))));
  }
  if (Array.isArray(before) && Array.isArray(after)) {
    const length = Math.max(before.length, after.length);
    const indexes = Array.from({ length }, (_, index) => index);
    return merge(indexes.map((index) => propertyChanges(before[index], after[index], `${path}[${index}]`)));
  }
  return new Map([[path, "update"]]);
}

/** Extends a property path by a key, quoted where the key has characters of the path syntax. */
export function joinKey(path: string, key: string): string {
  if (/[.[\]"]/.test(key) || key === "") return `${path}[${JSON.stringify(key)}]`;
  return path === "" ? key : `${path}.${key}`;
}

function merge(parts: readonly Map<string, PropertyChange>[]): Map<string, PropertyChange> {
  return new Map(parts.flatMap((part) => [...part]));
}
