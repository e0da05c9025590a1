import { expect, it } from "vitest";
import { findingsAfter, line, type World } from "./world";

/** Name of a defect, how to plant it, the finding that it must give, and what it may give besides. */
export type Defect = [string, (world: World) => unknown, RegExp, RegExp?];

/** One test a defect: planted alone in a healthy world, it gives its finding, with a remedy, and nothing else. */
export function itFinds(defects: readonly Defect[]): void {
  it.each(defects)("finds %s, and nothing else", (_name, plant, expected, besides) => {
    const found = findingsAfter(plant);
    const lines = found.map(line);
    expect(lines.filter((text) => expected.test(text)).length, lines.join("\n")).toBeGreaterThan(0);
    expect(lines.filter((text) => !expected.test(text) && !besides?.test(text))).toEqual([]);
    for (const { object, reason, remedy } of found) {
      expect(Math.min(object.length, reason.length, remedy.length), object).toBeGreaterThan(5);
    }
  });
}
