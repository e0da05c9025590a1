import { createHash, randomBytes } from "node:crypto";
import { UNKNOWN, Unknown, isObject } from "../../../providers/shared/properties";
import { ANNOTATIONS, isAnnotationTrue } from "./annotations";
import { nameOf, nested, setNested } from "./objects";
import type { KubeObject } from "./objects";

/** Name that the engine proposes for a resource without one. */
export interface Autonaming {
  readonly mode: "propose" | "enforce" | "disable";
  readonly proposedName: string;
}

/** `prefix` and eight hexadecimal digits; the same digits for the same seed. */
export function uniqueName(prefix: string, seed?: Uint8Array): string {
  const bytes =
    seed === undefined || seed.length === 0 ? randomBytes(4) : createHash("sha256").update(seed).digest();
  return prefix + bytes.toString("hex").slice(0, 8);
}

/** True when the program names the object, be it by a name that is not known yet. */
export function isNamed(object: KubeObject): boolean {
  return nameOf(object) !== "" || nested(object, "metadata", "name") instanceof Unknown;
}

/** True when the server is to make the name. */
export function usesGenerateName(object: KubeObject): boolean {
  if (isNamed(object)) return false;
  const prefix = nested(object, "metadata", "generateName");
  return prefix instanceof Unknown || (typeof prefix === "string" && prefix !== "");
}

/** True when the name was made here and not by the program. */
export function isAutonamed(object: KubeObject): boolean {
  return isAnnotationTrue(object, ANNOTATIONS.autonamed);
}

/** Names an object that has no name yet after its resource, and marks it as autonamed. */
export function assignName(
  object: KubeObject,
  resourceName: string,
  seed: Uint8Array,
  engine?: Autonaming,
): void {
  if (isNamed(object) || usesGenerateName(object)) return;
  if (engine?.mode === "disable") {
    throw new Error("autonaming is disabled, resource requires the .metadata.name field to be set");
  }
  setName(object, engine === undefined ? uniqueName(`${resourceName}-`, seed) : engine.proposedName);
}

/** Keeps the name that was made for an object when the program still gives it none. */
export function adoptName(object: KubeObject, previous: KubeObject): void {
  if (!isNamed(object) && isAutonamed(previous)) setName(object, nameOf(previous));
}

function setName(object: KubeObject, name: string): void {
  // Nothing can be added to metadata that is unknown as a whole.
  if (nested(object, "metadata") === UNKNOWN) return;
  setNested(object, name, "metadata", "name");
  const annotations = nested(object, "metadata", "annotations");
  if (annotations === undefined || annotations === null || isObject(annotations)) {
    if (annotations === null) setNested(object, {}, "metadata", "annotations");
    setNested(object, "true", "metadata", "annotations", ANNOTATIONS.autonamed);
  }
}
