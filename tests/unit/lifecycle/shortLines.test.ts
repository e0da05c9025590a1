import { describe, expect, it } from "vitest";
import { shortLines } from "../../../lifecycle/shared/shortLines";

describe("shortLines", () => {
  it("leaves lines of usual length alone", () => {
    expect(shortLines("a\n\nb")).toBe("a\n\nb");
  });

  it("keeps every line below what Pulumi's command plugin can read, and says what is missing", () => {
    const text = shortLines(`first\n${"ä".repeat(100_000)}\nlast`);
    expect(Math.max(...text.split("\n").map((line) => Buffer.byteLength(line)))).toBeLessThan(65_536);
    expect(text).toMatch(/^first\nä+ … \(92000 characters left out\)\nlast$/);
  });
});
