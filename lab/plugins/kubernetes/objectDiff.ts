import { PropertyDiff } from "@pulumi/pulumi/proto/provider_pb";
import { Unknown, isObject, propertiesEqual } from "../../../providers/shared/properties";
import type { PropertyMap, PropertyValue } from "../../../providers/shared/properties";
import { forcesReplacement } from "./forceNew";
import { isEmptyValue } from "./normalize";
import type { PropertyPath } from "./propertyPath";
import { sameQuantity } from "./quantity";

/** One difference between what is and what is wished. */
export interface Difference {
  readonly path: PropertyPath;
  readonly kind: PropertyDiff.Kind;
}

/** How to compare. */
export interface DiffOptions {
  /** Paths whose change makes a replacement. */
  readonly forceNew: readonly string[];
  /** The inputs that the live object was made from. */
  readonly previousInputs: PropertyMap;
  /** True where neither an empty value that the server drops nor a quantity that it rewrites is a difference. */
  readonly dropsEmpty: boolean;
}

/** Objects whose fields are resource quantities. */
const QUANTITY_PARENTS = new Set([
  "limits",
  "requests",
  "capacity",
  "hard",
  "allocatable",
  "overhead",
  "default",
]);
const QUANTITY_FIELDS = new Set(["sizeLimit", "divisor", "max", "min"]);

/**
 * Differences between a live object, cut down to what the program set last, and the new inputs. Lists are compared by
 * position.
 */
export function diffObjects(live: PropertyMap, inputs: PropertyMap, options: DiffOptions): Difference[] {
  const differences: Difference[] = [];
  visit([], live, inputs, options.previousInputs);
  return differences;

  function visit(
    path: PropertyPath,
    old: PropertyValue | undefined,
    wanted: PropertyValue | undefined,
    previous: PropertyValue | undefined,
  ): void {
    if (wanted === undefined || wanted === null) {
      if (old !== undefined && old !== null) add(path, "delete", undefined);
    } else if (old === undefined || old === null) {
      const dropped = options.dropsEmpty && isEmptyValue(wanted) && propertiesEqual(wanted, previous);
      if (!dropped) add(path, "add", wanted);
    } else if (isObject(old) && isObject(wanted)) {
      const before = isObject(previous) ? previous : {};
      for (const key of new Set([...Object.keys(old), ...Object.keys(wanted)])) {
        visit([...path, key], old[key], wanted[key], before[key]);
      }
    } else if (Array.isArray(old) && Array.isArray(wanted)) {
      const before = Array.isArray(previous) ? previous : [];
      for (let index = 0; index < Math.max(old.length, wanted.length); index++) {
        visit([...path, index], old[index], wanted[index], before[index]);
      }
    } else if (wanted instanceof Unknown || (old !== wanted && !isSameAmount(path, old, wanted))) {
      add(path, "update", wanted);
    }
  }

  function add(
    path: PropertyPath,
    change: "add" | "delete" | "update",
    value: PropertyValue | undefined,
  ): void {
    const replace = forcesReplacement(path, value, options.forceNew);
    differences.push({ path, kind: kindOf(change, replace) });
  }

  function isSameAmount(path: PropertyPath, old: PropertyValue, wanted: PropertyValue): boolean {
    if (!options.dropsEmpty) return false;
    const parent = path.at(-2);
    const field = path.at(-1);
    const quantity =
      (typeof parent === "string" && QUANTITY_PARENTS.has(parent)) ||
      (typeof field === "string" && QUANTITY_FIELDS.has(field));
    return quantity && sameQuantity(old, wanted);
  }
}

const REPLACEMENTS: readonly PropertyDiff.Kind[] = [
  PropertyDiff.Kind.ADD_REPLACE,
  PropertyDiff.Kind.DELETE_REPLACE,
  PropertyDiff.Kind.UPDATE_REPLACE,
];

/** True when the difference asks for a replacement. */
export function isReplacement({ kind, path }: Difference): boolean {
  return REPLACEMENTS.includes(kind) || (kind === PropertyDiff.Kind.DELETE && path.join(".") === "metadata");
}

/** Protocol form of a difference. */
export function toPropertyDiff(difference: Difference): PropertyDiff {
  const message = new PropertyDiff();
  message.setKind(difference.kind);
  message.setInputdiff(
    difference.kind === PropertyDiff.Kind.DELETE || difference.kind === PropertyDiff.Kind.DELETE_REPLACE,
  );
  return message;
}

function kindOf(change: "add" | "delete" | "update", replace: boolean): PropertyDiff.Kind {
  switch (change) {
    case "add":
      return replace ? PropertyDiff.Kind.ADD_REPLACE : PropertyDiff.Kind.ADD;
    case "delete":
      return replace ? PropertyDiff.Kind.DELETE_REPLACE : PropertyDiff.Kind.DELETE;
    case "update":
      return replace ? PropertyDiff.Kind.UPDATE_REPLACE : PropertyDiff.Kind.UPDATE;
  }
}
