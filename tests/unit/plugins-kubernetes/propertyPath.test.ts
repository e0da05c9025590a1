import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  formatPropertyPath,
  parsePropertyPath,
  pathContains,
} from "../../../lab/plugins/kubernetes/propertyPath";

describe("property paths", () => {
  it("reads keys, quoted keys, indices and wildcards", () => {
    expect(parsePropertyPath('metadata.annotations["a.b/c"]')).toEqual(["metadata", "annotations", "a.b/c"]);
    expect(parsePropertyPath("spec.ports[0].port")).toEqual(["spec", "ports", 0, "port"]);
    expect(parsePropertyPath("spec.ports[*].port")).toEqual(["spec", "ports", "*", "port"]);
    expect(() => parsePropertyPath("spec.ports[")).toThrow(/failed to parse/);
  });

  it("reads back what it writes", () => {
    const key = fc
      .string({ minLength: 1, maxLength: 8 })
      .filter((text) => !text.includes("\\") && text !== "*");
    const step = fc.oneof(key, fc.nat({ max: 20 }));
    fc.assert(
      fc.property(key, fc.array(step, { maxLength: 5 }), (first, rest) => {
        const path = [first, ...rest];
        expect(parsePropertyPath(formatPropertyPath(path))).toEqual(path);
      }),
    );
  });

  it("contains what lies at or below it", () => {
    expect(pathContains(["spec"], ["spec", "replicas"])).toBe(true);
    expect(pathContains(["spec", "ports", "*", "port"], ["spec", "ports", 3, "port"])).toBe(true);
    expect(pathContains(["spec", "replicas"], ["spec"])).toBe(false);
    expect(pathContains(["spec"], ["specs"])).toBe(false);
  });
});
