import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clusterDiff, needsReplacement } from "../../../providers/kind/clusterDiff";
import { Secret, UNKNOWN } from "../../../providers/shared/properties";
import type { PropertyMap } from "../../../providers/shared/properties";

function replaced(before: PropertyMap, after: PropertyMap, gone = false): Record<string, boolean> {
  const { changes } = clusterDiff(before, after, { gone });
  return Object.fromEntries([...changes].map(([path, { replace }]) => [path, replace]));
}

describe("differences of clusters", () => {
  it.each([
    ["name", "a", "b"],
    ["nodeImage", "kindest/node:v1", "kindest/node:v2"],
    ["network", "a", "b"],
    ["featureGates", { A: true }, { A: false }],
    ["cniConfig", "{}", "[]"],
  ])("%s needs a new cluster", (name, before, after) => {
    expect(needsReplacement({ [name]: before }, { [name]: after })).toBe(true);
    expect(clusterDiff({ [name]: before }, { [name]: after }, { gone: false }).deleteBeforeReplace).toBe(
      true,
    );
  });

  it.each([
    ["registryMirrors", { "quay.io": "http://a" }, { "quay.io": "http://b" }],
    ["additionalNetworks", ["a"], ["a", "b"]],
    ["waitForReady", 1, 2],
    ["temporary", false, true],
    ["adopt", false, true],
    ["retainOnFailure", "a", "b"],
  ])("%s changes in place", (name, before, after) => {
    const { changes } = clusterDiff({ [name]: before }, { [name]: after }, { gone: false });
    expect(changes.size).toBe(1);
    expect(needsReplacement({ [name]: before }, { [name]: after })).toBe(false);
  });

  it("are named by property path, quoted where a key has dots", () => {
    expect(
      replaced(
        { networking: { podSubnet: "a" }, nodes: [{ role: "x" }], registryMirrors: { "docker.io": "a" } },
        { networking: { podSubnet: "b" }, nodes: [{ role: "y" }], registryMirrors: { "docker.io": "b" } },
      ),
    ).toEqual({ "networking.podSubnet": true, "nodes[0].role": true, 'registryMirrors["docker.io"]': false });
  });

  it("count an unknown value as a change, and find one inside secrets", () => {
    expect(replaced({ name: "a" }, { name: UNKNOWN })).toEqual({ name: true });
    expect(replaced({ cniConfig: new Secret("a") }, { cniConfig: new Secret("b") })).toEqual({
      cniConfig: true,
    });
  });

  it("never replace a temporary cluster that is gone", () => {
    const inputs = fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer()));
    fc.assert(
      fc.property(inputs, inputs, (before, after) => {
        expect(Object.values(replaced(before, after, true))).not.toContain(true);
      }),
    );
  });

  it("are none between equal inputs", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (inputs) => {
        const copy = structuredClone(inputs) as PropertyMap;
        expect(clusterDiff(inputs as PropertyMap, copy, { gone: false }).changes.size).toBe(0);
      }),
    );
  });
});
