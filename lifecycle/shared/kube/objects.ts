/** A Kubernetes object as the API server sends it. */
export interface KubeObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: ObjectMeta;
  // Free-form below this point: readers use `field`, which makes no assumption about the shape.
  readonly spec?: Record<string, unknown>;
  readonly status?: Record<string, unknown>;
  readonly [field: string]: unknown;
}

/** The metadata that the programs read. */
export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
  readonly finalizers?: readonly string[];
}

/** A reference to an object's owner. */
export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
}

/** A condition as most APIs report it. */
export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

/** Identity of an object's type. */
export interface ObjectType {
  /** "v1" or "<group>/<version>". */
  readonly apiVersion: string;
  readonly kind: string;
}

/** Identity of an object. */
export interface ObjectRef extends ObjectType {
  readonly namespace?: string;
  readonly name: string;
}

/** Reads a nested field, undefined when any step of the path is missing. */
export function field(object: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined,
    object,
  );
}

/** Reads a nested string; empty and missing are both undefined. */
export function text(object: unknown, ...path: readonly (string | number)[]): string | undefined {
  const value = field(object, ...path);
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** Reads a value of a Secret, decoded; empty and missing are both undefined. */
export function secretValue(secret: unknown, key: string): string | undefined {
  const encoded = text(secret, "data", key);
  return encoded === undefined ? undefined : Buffer.from(encoded, "base64").toString("utf8");
}

/** Reads a nested number. */
export function count(object: unknown, ...path: readonly (string | number)[]): number | undefined {
  const value = field(object, ...path);
  return typeof value === "number" ? value : undefined;
}

/** The conditions of an object, from `status.conditions`. */
export function conditions(object: KubeObject): readonly Condition[] {
  const value = field(object, "status", "conditions");
  return Array.isArray(value) ? (value as Condition[]) : [];
}

/** One condition by its type. */
export function condition(object: KubeObject, type: string): Condition | undefined {
  return conditions(object).find((candidate) => candidate.type === type);
}

/** Whether a condition is "True". */
export function isTrue(object: KubeObject, type: string): boolean {
  return condition(object, type)?.status === "True";
}

/** "Kind namespace/name", as messages name an object. */
export function describe(object: KubeObject | ObjectRef): string {
  const meta = "metadata" in object ? object.metadata : object;
  return `${object.kind ?? "object"} ${meta.namespace ? `${meta.namespace}/` : ""}${meta.name}`;
}

/** The conditions that are not as wanted, one a line: "Kind ns/name: Type=False (Reason): message". */
export function troubledConditions(object: KubeObject): string[] {
  // For these types True is the quiet state's opposite.
  const negative =
    /^(Paused|Deleting|Remediating|RollingOut|ScalingUp|ScalingDown|.*Failed|.*Pressure|.*Failure)$/;
  return conditions(object)
    .filter(({ type, status }) => (negative.test(type) ? status === "True" : status !== "True"))
    .map(
      ({ type, status, reason, message }) =>
        `${describe(object)}: ${type}=${status}${reason ? ` (${reason})` : ""}${message ? `: ${oneLine(message)}` : ""}`,
    );
}

/** A message in one line of at most so many characters, 400 by default. */
export function oneLine(message: string, longest = 400): string {
  const line = message.replace(/\s*\n\s*/g, "; ").trim();
  return line.length > longest ? `${line.slice(0, longest - 3)}...` : line;
}
