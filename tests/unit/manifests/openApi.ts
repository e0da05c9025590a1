/** The part of OpenAPI that structural schemas of Kubernetes use. */
export interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly required?: readonly string[];
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minProperties?: number;
  readonly "x-kubernetes-int-or-string"?: boolean;
  readonly "x-kubernetes-preserve-unknown-fields"?: boolean;
}

/** What an API server would refuse or drop: wrong types, missing or unknown fields, values out of bounds. */
export function violations(schema: Schema, value: unknown, path = ""): string[] {
  if (schema["x-kubernetes-int-or-string"]) {
    return typeof value === "string" || Number.isInteger(value)
      ? []
      : [`${path}: neither integer nor string`];
  }
  if (schema.enum && !schema.enum.includes(value)) return [`${path}: not one of ${schema.enum.join(", ")}`];
  switch (schema.type) {
    case "object":
      return isRecord(value) ? objectViolations(schema, value, path) : [`${path}: not an object`];
    case "array":
      return Array.isArray(value) ? arrayViolations(schema, value, path) : [`${path}: not a list`];
    case "string":
      return typeof value === "string" ? stringViolations(schema, value, path) : [`${path}: not a string`];
    case "integer":
    case "number":
      return numberViolations(schema, value, path);
    case "boolean":
      return typeof value === "boolean" ? [] : [`${path}: not a boolean`];
    case undefined:
    default:
      return [];
  }
}

function objectViolations(schema: Schema, value: Record<string, unknown>, path: string): string[] {
  const missing = (schema.required ?? []).filter((key) => value[key] === undefined);
  return [
    ...missing.map((key) => `${path}.${key}: missing`),
    ...(Object.keys(value).length < (schema.minProperties ?? 0) ? [`${path}: too few fields`] : []),
    ...Object.entries(value).flatMap(([key, item]) => {
      const child = schema.properties?.[key] ?? schema.additionalProperties;
      if (typeof child === "object") return violations(child, item, `${path}.${key}`);
      const open = child === true || schema["x-kubernetes-preserve-unknown-fields"] || !schema.properties;
      return open ? [] : [`${path}.${key}: unknown field`];
    }),
  ];
}

function arrayViolations(schema: Schema, value: readonly unknown[], path: string): string[] {
  return [
    ...bounds(value.length, schema.minItems, schema.maxItems, path),
    ...value.flatMap((item, index) => violations(schema.items ?? {}, item, `${path}[${index}]`)),
  ];
}

function stringViolations(schema: Schema, value: string, path: string): string[] {
  const matches = schema.pattern === undefined || new RegExp(schema.pattern).test(value);
  return [
    ...bounds(value.length, schema.minLength, schema.maxLength, path),
    ...(matches ? [] : [`${path}: does not match ${schema.pattern}`]),
  ];
}

function numberViolations(schema: Schema, value: unknown, path: string): string[] {
  if (typeof value !== "number" || (schema.type === "integer" && !Number.isInteger(value))) {
    return [`${path}: not a ${schema.type}`];
  }
  return bounds(value, schema.minimum, schema.maximum, path);
}

function bounds(size: number, least: number | undefined, most: number | undefined, path: string): string[] {
  return size < (least ?? -Infinity) || size > (most ?? Infinity) ? [`${path}: out of bounds (${size})`] : [];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
