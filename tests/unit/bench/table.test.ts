import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { spread } from "../../../bench/statistics";
import { type Measurement, type RunResult, table, totalRatio } from "../../../bench/table";

describe("spread", () => {
  it.each([
    [[3], { min: 3, median: 3, max: 3 }],
    [[3, 1, 2], { min: 1, median: 2, max: 3 }],
    [[4, 1, 3, 2], { min: 1, median: 2.5, max: 4 }],
  ])("of %j", (values, expected) => expect(spread(values)).toEqual(expected));

  it("has as many values above the median as below", () => {
    fc.assert(
      fc.property(fc.array(fc.integer(), { minLength: 1 }), (values) => {
        const { min, median, max } = spread(values);
        expect(values.filter((value) => value < median).length).toBeLessThanOrEqual(values.length / 2);
        expect(values.filter((value) => value > median).length).toBeLessThanOrEqual(values.length / 2);
        expect([min, max]).toEqual([Math.min(...values), Math.max(...values)]);
      }),
    );
  });

  it("refuses no values", () => expect(() => spread([])).toThrow(RangeError));
});

const measurement = (seconds: number, gibibytes: number): Measurement => ({
  steps: [
    { step: 1, name: "bootstrap cluster", seconds },
    { step: 2, name: "Ironic", seconds: 0 },
  ],
  totalSeconds: 10 * seconds,
  peakMemory: gibibytes * 1024 ** 3,
  peakDisk: 2 * gibibytes * 1024 ** 3,
});
const run = (runbook: number, program: number): RunResult => ({
  runbook: measurement(runbook, 4),
  program: measurement(program, 5),
});

describe("table", () => {
  const cells = (text: string) =>
    text.split("\n").map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );

  it("compares the steps, the total, memory and disk of one run", () => {
    const rows = cells(table([run(40, 30)]));
    expect(rows[0]).toEqual(["Step", "Runbook, s", "Program, s", "Ratio"]);
    expect(rows.slice(2)).toEqual([
      ["1 bootstrap cluster", "40.0", "30.0", "0.75"],
      ["2 Ironic", "0.0", "0.0", "-"],
      ["**total, wall clock**", "400.0", "300.0", "0.75"],
      ["memory of the containers at the peak, GiB", "4.00", "5.00", "1.25"],
      ["disk taken at the peak, GiB", "8.00", "10.00", "1.25"],
    ]);
  });

  it("shows the median of several runs with minimum and maximum", () => {
    const rows = cells(table([run(40, 30), run(50, 20), run(42, 25)]));
    expect(rows[2]).toEqual(["1 bootstrap cluster", "42.0 (40.0–50.0)", "25.0 (20.0–30.0)", "0.60"]);
    expect(totalRatio([run(40, 30), run(50, 20), run(42, 25)])).toBeCloseTo(25 / 42);
  });

  it("has lines of equal length", () => {
    const lengths = new Set(
      table([run(40, 30), run(500, 20)])
        .split("\n")
        .map(({ length }) => length),
    );
    expect(lengths.size).toBe(1);
  });

  it("refuses no runs", () => expect(() => table([])).toThrow(RangeError));
});
