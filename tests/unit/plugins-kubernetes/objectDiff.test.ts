import { PropertyDiff } from "@pulumi/pulumi/proto/provider_pb";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mergePatch } from "../../../lab/plugins/kubernetes/apply";
import { forceNewPaths } from "../../../lab/plugins/kubernetes/forceNew";
import { prune, pruneKeepingEmpty } from "../../../lab/plugins/kubernetes/normalize";
import { diffObjects, isReplacement } from "../../../lab/plugins/kubernetes/objectDiff";
import { deepCopy } from "../../../lab/plugins/kubernetes/objects";
import { formatPropertyPath } from "../../../lab/plugins/kubernetes/propertyPath";
import { UNKNOWN } from "../../../providers/shared/properties";
import type { PropertyMap } from "../../../providers/shared/properties";

const MUTABLE = { enableConfigMapMutable: true, enableSecretMutable: true };
const IMMUTABLE = { enableConfigMapMutable: false, enableSecretMutable: false };

function diff(
  live: PropertyMap,
  inputs: PropertyMap,
  forceNew: string[] = [],
  dropsEmpty = true,
  previousInputs = {},
) {
  return diffObjects(live, inputs, { forceNew, previousInputs, dropsEmpty }).map((difference) => [
    formatPropertyPath(difference.path),
    PropertyDiffNames[difference.kind],
    isReplacement(difference),
  ]);
}
const PropertyDiffNames = Object.fromEntries(
  Object.entries(PropertyDiff.Kind).map(([name, value]) => [value, name]),
);

const json = fc.dictionary(
  fc.constantFrom("a", "b", "c", "d"),
  fc.letrec<{ value: PropertyMap[string] }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom<PropertyMap[string]>("x", "y", 1, 2, true),
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom("a", "b", "c"), tie("value"), { maxKeys: 3 }),
    ),
  })).value,
) as fc.Arbitrary<PropertyMap>;

describe("differences", () => {
  it("names what is added, changed and removed, inside lists too", () => {
    const live = { spec: { replicas: 1, gone: "x", list: [{ a: 1 }, { a: 2 }] } };
    const inputs = { spec: { replicas: 2, list: [{ a: 1, b: 3 }], "dotted.key": "y" } };
    expect(diff(live, inputs)).toEqual([
      ["spec.replicas", "UPDATE", false],
      ["spec.gone", "DELETE", false],
      ["spec.list[0].b", "ADD", false],
      ["spec.list[1]", "DELETE", false],
      ['spec["dotted.key"]', "ADD", false],
    ]);
  });

  it("takes an unknown value as a change", () => {
    expect(diff({ a: "1" }, { a: UNKNOWN, b: UNKNOWN })).toEqual([
      ["a", "UPDATE", false],
      ["b", "ADD", false],
    ]);
  });

  it("ignores empty values that the server dropped only for built-in kinds and unchanged inputs", () => {
    const inputs = { spec: { hostNetwork: false, labels: {} } };
    expect(diff({ spec: {} }, inputs, [], true, inputs)).toEqual([]);
    expect(diff({ spec: {} }, inputs, [], false, inputs)).toHaveLength(2);
    expect(diff({ spec: {} }, inputs, [], true, {})).toHaveLength(2);
  });

  it("ignores how a quantity is written, only where quantities are", () => {
    expect(diff({ limits: { cpu: "1" } }, { limits: { cpu: "1000m" } })).toEqual([]);
    expect(diff({ data: { cpu: "1" } }, { data: { cpu: "1000m" } })).toHaveLength(1);
  });

  it("finds none between equal objects, and some between different ones", () => {
    fc.assert(
      fc.property(json, (object) => {
        expect(diff(object, deepCopy(object))).toEqual([]);
      }),
    );
    fc.assert(
      fc.property(json, json, (a, b) => {
        expect(diff(a, b, [], false).length === 0).toBe(
          JSON.stringify(sorted(a)) === JSON.stringify(sorted(b)),
        );
      }),
    );
  });
});

describe("replacements", () => {
  const configMap = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "x" } };

  it("follow the mutability settings for ConfigMaps and Secrets", () => {
    const change = (kind: string, mutability: typeof MUTABLE, extra: PropertyMap = {}) => {
      const inputs = { ...configMap, kind, ...extra, data: { a: "2" } };
      return diff({ ...inputs, data: { a: "1" } }, inputs, forceNewPaths(inputs, mutability, false))[0]?.[2];
    };
    expect(change("ConfigMap", IMMUTABLE)).toBe(true);
    expect(change("ConfigMap", MUTABLE)).toBe(false);
    expect(change("ConfigMap", MUTABLE, { immutable: true })).toBe(true);
    expect(change("Secret", IMMUTABLE)).toBe(true);
    expect(change("Secret", MUTABLE)).toBe(false);
    expect(change("Widget", IMMUTABLE)).toBe(false);
  });

  it("come from changes at, below and above an immutable field", () => {
    const pod = { apiVersion: "v1", kind: "Pod" };
    const paths = forceNewPaths(pod, IMMUTABLE, false);
    const containers = (image: string) => ({ spec: { containers: [{ name: "a", image }] } });
    expect(diff(containers("a"), containers("b"), paths)[0]).toEqual([
      "spec.containers[0].image",
      "UPDATE_REPLACE",
      true,
    ]);
    expect(diff({}, containers("b"), paths)[0]).toEqual(["spec", "ADD_REPLACE", true]);
    expect(
      diff({ spec: { activeDeadlineSeconds: 1 } }, { spec: { activeDeadlineSeconds: 2 } }, paths)[0]?.[2],
    ).toBe(false);
  });

  it("come from another name or namespace of any kind, Patch resources included", () => {
    const paths = forceNewPaths(configMap, MUTABLE, true);
    expect(diff({ metadata: { name: "a" } }, { metadata: { name: "b" } }, paths)[0]?.[2]).toBe(true);
    expect(diff({ metadata: { labels: { a: "1" } } }, { metadata: {} }, paths)[0]?.[2]).toBe(false);
  });
});

describe("pruning and patching", () => {
  it("keeps of a live object only what the inputs have", () => {
    const live: PropertyMap = {
      spec: { a: 1, b: { c: 2, d: 3 }, list: [{ x: 1, y: 2 }, { x: 3 }] },
      status: {},
    };
    const inputs = { spec: { a: 9, b: { c: 9 }, list: [{ x: 9 }], missing: true } };
    expect(prune(live, inputs)).toEqual({ spec: { a: 1, b: { c: 2 }, list: [{ x: 1 }] } });
  });

  it("keeps empty inputs over a refresh", () => {
    const inputs = { spec: { hostNetwork: false, labels: {}, name: "x", list: [{ value: "" }] } };
    expect(pruneKeepingEmpty({ spec: { name: "y", list: [{}] } }, inputs)).toEqual({
      spec: { hostNetwork: false, labels: {}, name: "y", list: [{ value: "" }] },
    });
  });

  it("makes a merge patch that turns one object into another", () => {
    fc.assert(
      fc.property(json, json, (a, b) => {
        expect(sorted(applyPatch(a, mergePatch(a, b)))).toEqual(sorted(b));
      }),
    );
  });
});

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([key, field]) => [key, sorted(field)]),
  );
}

/** RFC 7386, section 2. */
function applyPatch(target: unknown, patch: unknown): unknown {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const isTargetObject = typeof target === "object" && target !== null && !Array.isArray(target);
  const result: Record<string, unknown> = isTargetObject ? { ...(target as Record<string, unknown>) } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = applyPatch(result[key], value);
  }
  return result;
}
