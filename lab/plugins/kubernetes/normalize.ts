import { containsUnknowns, isObject } from "../../../providers/shared/properties";
import type { PropertyMap, PropertyValue } from "../../../providers/shared/properties";
import { isBuiltInVersion, isCustomResourceDefinition, isSecretObject } from "./kinds";
import { apiVersionOf, deepCopy, nested, removeNested } from "./objects";
import type { KubeObject } from "./objects";

/** Fields of the metadata that only the server sets. */
const READ_ONLY_METADATA = [
  "creationTimestamp",
  "deletionGracePeriodSeconds",
  "deletionTimestamp",
  "generation",
  "managedFields",
  "resourceVersion",
  "uid",
];

/** Base64 with line breaks; anything else is left for the server to refuse. */
const BASE64 = /^[A-Za-z0-9+/\s]*={0,2}\s*$/;

/**
 * Inputs in the form in which the server stores them, so that the same wish written differently is no difference.
 * Returns a copy.
 *
 * - read-only metadata is left out;
 * - a Secret's `stringData` becomes `data`;
 * - a CustomResourceDefinition loses its status and the default of `preserveUnknownFields`.
 *
 * Values that the server drops because they are empty, and quantities, are handled where states are compared.
 */
export function normalizeInputs(inputs: KubeObject): KubeObject {
  const object = deepCopy(inputs);
  if (!containsUnknowns(object) && isBuiltInVersion(apiVersionOf(object))) {
    if (isCustomResourceDefinition(object)) normalizeDefinition(object);
    else if (isSecretObject(object)) normalizeSecret(object);
  }
  for (const field of READ_ONLY_METADATA) removeNested(object, "metadata", field);
  return object;
}

function normalizeDefinition(object: KubeObject): void {
  if (nested(object, "spec", "preserveUnknownFields") === false) {
    removeNested(object, "spec", "preserveUnknownFields");
  }
  delete object["status"];
}

function normalizeSecret(object: KubeObject): void {
  const data: PropertyMap = isObject(object["data"]) ? object["data"] : {};
  for (const [key, value] of Object.entries(data)) {
    // The server decodes and encodes again, which drops line breaks.
    if (typeof value === "string" && BASE64.test(value)) {
      data[key] = Buffer.from(value, "base64").toString("base64");
    }
  }
  const stringData = object["stringData"];
  if (!isObject(stringData) || Object.keys(stringData).length === 0) return;
  if (!Object.values(stringData).every((value) => typeof value === "string")) return;
  for (const [key, value] of Object.entries(stringData))
    data[key] = Buffer.from(value as string).toString("base64");
  object["data"] = data;
  delete object["stringData"];
}

/**
 * The part of `source` that `shape` has too: a live object cut down to the fields that the program sets. List items
 * are matched by position; a list grown by the server is cut to the length of the program's.
 */
export function prune(source: PropertyMap, shape: PropertyMap): PropertyMap {
  const result: PropertyMap = {};
  for (const [key, value] of Object.entries(source)) {
    const wanted = shape[key];
    if (wanted !== undefined) result[key] = pruneValue(value, wanted);
  }
  return result;
}

function pruneValue(value: PropertyValue, shape: PropertyValue): PropertyValue {
  if (isObject(value) && isObject(shape)) return prune(value, shape);
  if (Array.isArray(value) && Array.isArray(shape)) return pruneList(value, shape);
  return value;
}

function pruneList(values: PropertyValue[], shapes: PropertyValue[]): PropertyValue[] {
  if (values.length === 0 || shapes.length === 0) return [];
  if (isObject(values[0]) !== isObject(shapes[0]) || Array.isArray(values[0]) !== Array.isArray(shapes[0])) {
    return deepCopy(values);
  }
  return shapes.slice(0, values.length).map((shape, index) => pruneValue(values[index] ?? null, shape));
}

/**
 * Inputs after a refresh: the live object cut down to the inputs, with the empty values of the inputs that the server
 * does not store. Without these, a refresh would turn every `hostNetwork: false` into a difference.
 */
export function pruneKeepingEmpty(source: PropertyMap, shape: PropertyMap): PropertyMap {
  return keepEmpty(prune(source, shape), shape) as PropertyMap;
}

function keepEmpty(value: PropertyValue, shape: PropertyValue): PropertyValue {
  if (Array.isArray(value) && Array.isArray(shape)) {
    return value.map((item, index) => keepEmpty(item, shape[index] ?? null));
  }
  if (!isObject(value) || !isObject(shape)) return value;
  const result: PropertyMap = {};
  for (const key of new Set([...Object.keys(value), ...Object.keys(shape)])) {
    const own = value[key];
    const wanted = shape[key] ?? null;
    if (own !== undefined) result[key] = keepEmpty(own, wanted);
    else if (isEmptyValue(wanted)) result[key] = wanted;
  }
  return result;
}

/** Values that typed objects leave out when they are serialized. */
export function isEmptyValue(value: PropertyValue): boolean {
  if (value === false || value === 0 || value === "" || value === null) return true;
  if (Array.isArray(value)) return value.length === 0;
  return isObject(value) && Object.values(value).every(isEmptyValue);
}
