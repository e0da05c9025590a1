import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import type { JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb";

/**
 * Property values as they cross the provider protocol. JSON, plus the two kinds that only Pulumi has: secrets and
 * values not known yet. Upstream: `sdk/proto/pulumi/provider.proto` and `sdk/go/common/resource/plugin/rpc.go`.
 */
export type PropertyValue =
  null | boolean | number | string | Secret | Unknown | PropertyValue[] | { [key: string]: PropertyValue };

/** Properties of a resource, or of an object inside it. */
export type PropertyMap = Record<string, PropertyValue>;

/** A value that is encrypted in the state and hidden in output. */
export class Secret {
  constructor(readonly element: PropertyValue) {}
}

/** A value that is known only after the resources it comes from exist; seen in previews. */
export class Unknown {
  private readonly kind = "unknown";
  toString(): string {
    return this.kind;
  }
}

/** The unknown value. All unknown values are interchangeable. */
export const UNKNOWN = new Unknown();

/** Key that marks a protocol object as something other than a plain object. */
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270";
const OUTPUT_SIGNATURE = "d0e6a833031e9bbcd3f4e8bde6ca49a4";

/** What the engine sends in place of an unknown string, boolean, number, array, asset, archive or object. */
const UNKNOWN_SENTINELS = new Set([
  "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]);
const UNKNOWN_STRING = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** True for an object that is neither an array, a secret, nor the unknown value. */
export function isObject(value: unknown): value is PropertyMap {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Secret) &&
    !(value instanceof Unknown)
  );
}

/** Reads properties from a protocol message. Output values become secrets or unknowns; assets stay as they came. */
export function unmarshal(struct: Struct | undefined): PropertyMap {
  if (struct === undefined) return {};
  return mapValues(struct.toJavaScript(), unmarshalValue);
}

/** Writes properties into a protocol message. Fields that are `undefined` are left out. */
export function marshal(properties: PropertyMap): Struct {
  return Struct.fromJavaScript(marshalMap(properties));
}

/** True when the value is, or contains, a secret. */
export function containsSecrets(value: PropertyValue | undefined): boolean {
  return some(value, (leaf) => leaf instanceof Secret);
}

/** True when the value is, or contains (also inside a secret), an unknown value. */
export function containsUnknowns(value: PropertyValue | undefined): boolean {
  return some(value, (leaf) => leaf instanceof Unknown);
}

/** The same value with every secret replaced by what it hides. */
export function stripSecrets<T extends PropertyValue>(value: T): T {
  return strip(value) as T;
}

/** True when both values are equal, secretness included. Unknown values equal each other. */
export function propertiesEqual(a: PropertyValue | undefined, b: PropertyValue | undefined): boolean {
  if (a === b) return true;
  if (a instanceof Unknown && b instanceof Unknown) return true;
  if (a instanceof Secret && b instanceof Secret) return propertiesEqual(a.element, b.element);
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => propertiesEqual(item, b[index]));
  }
  if (isObject(a) && isObject(b)) {
    const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
    return [...keys].every((key) => propertiesEqual(a[key], b[key]));
  }
  return false;
}

function unmarshalValue(value: unknown): PropertyValue {
  if (value === null || value === undefined) return null;
  if (typeof value === "string") return UNKNOWN_SENTINELS.has(value) ? UNKNOWN : value;
  if (typeof value === "number" || typeof value === "boolean") return value;
  if (Array.isArray(value)) return value.map(unmarshalValue);
  const fields = value as Record<string, unknown>;
  if (fields[SIGNATURE] === SECRET_SIGNATURE) return new Secret(unmarshalValue(fields["value"]));
  if (fields[SIGNATURE] === OUTPUT_SIGNATURE) {
    const element = "value" in fields ? unmarshalValue(fields["value"]) : UNKNOWN;
    return fields["secret"] === true ? new Secret(element) : element;
  }
  return mapValues(fields, unmarshalValue);
}

function marshalMap(properties: PropertyMap): Record<string, JavaScriptValue> {
  const out: Record<string, JavaScriptValue> = {};
  for (const [key, value] of Object.entries(properties)) {
    if ((value as unknown) !== undefined) out[key] = marshalValue(value);
  }
  return out;
}

function marshalValue(value: PropertyValue): JavaScriptValue {
  if (value instanceof Unknown) return UNKNOWN_STRING;
  if (value instanceof Secret) {
    return { [SIGNATURE]: SECRET_SIGNATURE, value: marshalValue(value.element) };
  }
  if (Array.isArray(value)) return value.map(marshalValue);
  if (isObject(value)) return marshalMap(value);
  return value;
}

function strip(value: PropertyValue): PropertyValue {
  if (value instanceof Secret) return strip(value.element);
  if (Array.isArray(value)) return value.map(strip);
  if (isObject(value)) return mapValues(value, (field) => strip(field as PropertyValue));
  return value;
}

function some(value: PropertyValue | undefined, predicate: (value: PropertyValue) => boolean): boolean {
  if (value === undefined) return false;
  if (predicate(value)) return true;
  if (value instanceof Secret) return some(value.element, predicate);
  if (Array.isArray(value)) return value.some((item) => some(item, predicate));
  if (isObject(value)) return Object.values(value).some((field) => some(field, predicate));
  return false;
}

function mapValues(fields: Record<string, unknown>, convert: (value: unknown) => PropertyValue): PropertyMap {
  const out: PropertyMap = {};
  for (const [key, value] of Object.entries(fields)) out[key] = convert(value);
  return out;
}
