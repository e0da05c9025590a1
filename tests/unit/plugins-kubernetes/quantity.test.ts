import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseQuantity, sameQuantity } from "../../../lab/plugins/kubernetes/quantity";

describe("quantities", () => {
  it.each([
    ["1000m", "1"],
    ["1024Mi", "1Gi"],
    ["0.1", "100m"],
    ["1e3", "1k"],
    ["1.5Gi", "1536Mi"],
    [2, "2"],
    ["1E", "1e18"],
  ])("takes %s and %s as the same amount", (a, b) => {
    expect(sameQuantity(a, b)).toBe(true);
  });

  it.each([
    ["1", "1k"],
    ["1M", "1Mi"],
    ["", ""],
    ["abc", "abc"],
    [".", "."],
    [true, true],
  ])("does not take %s and %s as the same amount", (a, b) => {
    expect(sameQuantity(a, b)).toBe(false);
  });

  it("scales with its suffix", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000_000 }), (count) => {
        expect(parseQuantity(`${count}Ki`)).toBe(parseQuantity(String(count * 1024)));
        expect(parseQuantity(`${count}k`)).toBe(parseQuantity(String(count * 1000)));
        expect(parseQuantity(`-${count}`)).toBe(-(parseQuantity(count) ?? 0n));
      }),
    );
  });
});
