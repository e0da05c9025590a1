import { describe, expect, it } from "vitest";
import { thinned } from "../../../lifecycle/shared/progressBudget";

/** Lines that pass when one of so many characters comes each second. */
function passed(seconds: number, length: number): { at: number; line: string }[] {
  const lines: { at: number; line: string }[] = [];
  let at = 0;
  const take = thinned(
    (line) => lines.push({ at, line }),
    () => at * 1000,
  );
  for (; at < seconds; at++) take("x".repeat(length));
  return lines;
}

describe("the progress of a program", () => {
  it("is complete where it is short", () => expect(passed(200, 100)).toHaveLength(200));

  it("fits into one environment variable, however long the program and its lines are", () => {
    for (const [seconds, length] of [
      [7200, 120],
      [100_000, 8000],
      [7200, 40_000],
    ] as const) {
      const size = passed(seconds, length).reduce((sum, { line }) => sum + line.length + 1, 0);
      expect(size).toBeLessThan(100 * 1024);
    }
  });

  it("goes on once a minute when it has become long", () => {
    const lines = passed(7200, 8000);
    expect(lines.slice(0, 4).map(({ at }) => at)).toEqual([0, 1, 2, 3]);
    const later = lines.slice(5).map(({ at }) => at);
    expect(later.length).toBeGreaterThan(100);
    expect(new Set(later.slice(1).map((at, index) => at - (later[index] ?? 0)))).toEqual(new Set([60]));
  });
});
