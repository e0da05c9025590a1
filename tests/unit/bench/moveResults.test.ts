import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decades, movePlot } from "../../../bench/move/plot";
import { bySize, type MoveRun, moveRuns } from "../../../bench/move/results";
import { movePoints, moveTable, stageTable } from "../../../bench/move/table";

const run = (hosts: number, bare: number, move: number, pivot: number, inUse = hosts - 1): MoveRun => ({
  hosts,
  inUse,
  objects: hosts * 13,
  bareSeconds: bare,
  pivotSeconds: pivot,
  stages: { gate: 3, prepare: 0.5, move, verify: 1 },
  first: "bare",
});

const cells = (text: string) =>
  text.split("\n").map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );

describe("results of moves", () => {
  it("are grouped by hosts and use, the smallest first", () => {
    const sizes = bySize([run(100, 1, 1, 1), run(3, 1, 1, 1), run(100, 1, 1, 1, 50), run(100, 2, 2, 2)]);
    expect(sizes.map((same) => [same[0]?.hosts, same[0]?.inUse, same.length])).toEqual([
      [3, 2, 1],
      [100, 50, 1],
      [100, 99, 2],
    ]);
  });

  it("survive being kept, and are refused when they are none", () => {
    const runs = [run(3, 4, 4.1, 9)];
    expect(moveRuns.parse(JSON.parse(JSON.stringify(runs)))).toEqual(runs);
    expect(() => moveRuns.parse([{ ...runs[0], bareSeconds: 0 }])).toThrow();
  });
});

describe("the tables of moves", () => {
  it("compare both ways at each size", () => {
    expect(cells(moveTable([run(10, 20, 21, 30), run(3, 4, 5, 10)])).filter((_, line) => line !== 1)).toEqual(
      [
        [
          "Hosts (in use)",
          "Objects",
          "`clusterctl move`, s",
          "Move step of `pivot`, s",
          "Ratio",
          "Whole `pivot`, s",
          "Ratio",
        ],
        ["3 (2)", "39", "4.0", "5.0", "1.25", "10.0", "2.50"],
        ["10 (9)", "130", "20.0", "21.0", "1.05", "30.0", "1.50"],
      ],
    );
  });

  it("give the ratio of the medians of several runs", () => {
    const [, , row] = cells(moveTable([run(3, 4, 4, 8), run(3, 5, 6, 10), run(3, 10, 7, 9)]));
    expect(row).toEqual(["3 (2)", "39", "5.0 (4.0–10.0)", "6.0 (4.0–7.0)", "1.20", "9.0 (8.0–10.0)", "1.80"]);
    expect(movePoints([run(3, 4, 4, 8), run(3, 5, 6, 10), run(3, 10, 7, 9)])).toEqual([
      { hosts: 3, bare: 5, move: 6, pivot: 9 },
    ]);
  });

  it("show what is in no stage as start and end", () => {
    expect(cells(stageTable([run(3, 4, 4, 10)]))[2]).toEqual(["3", "3.0", "0.5", "4.0", "1.0", "1.5"]);
  });
});

describe("the plot of moves", () => {
  const points = [
    { hosts: 3, bare: 3, move: 4, pivot: 9 },
    { hosts: 100, bare: 70, move: 71, pivot: 80 },
    { hosts: 1000, bare: 700, move: 710, pivot: 750 },
  ];
  /** Points of the three curves, in their order: whole pivot, move step, bare. */
  const places = (svg: string) =>
    [...svg.matchAll(/<polyline points="([^"]+)"/g)]
      .map(([, list = ""]) => list.split(" ").map((pair) => pair.split(",").map(Number)))
      .filter((list) => list.length === points.length);

  it("has a curve for each way, in which more hosts are further right and more seconds higher", () => {
    const curves = places(movePlot(points));
    expect(curves).toHaveLength(3);
    for (const curve of curves) {
      expect(curve.map(([x]) => x)).toEqual(curve.map(([x = 0]) => x).sort((a, b) => a - b));
      expect(curve.map(([, y]) => y)).toEqual(curve.map(([, y = 0]) => y).sort((a, b) => b - a));
    }
    const [pivot, , bare] = curves;
    points.forEach((_, index) => expect(pivot?.[index]?.[1]).toBeLessThan(bare?.[index]?.[1] ?? 0));
  });

  it("gives equal ratios equal distances", () => {
    const [curve = []] = places(
      movePlot([10, 100, 1000].map((hosts) => ({ hosts, bare: 1, move: 1, pivot: 1 }))),
    );
    const [a = 0, b = 0, c = 0] = curve.map(([x = 0]) => x);
    expect(b - a).toBeCloseTo(c - b, 0);
  });

  it("names hosts, decades and ways, and stays within its picture", () => {
    const svg = movePlot(points);
    for (const text of ["3", "100", "1000", "1", "10", "hosts", "seconds", "bare clusterctl move"]) {
      expect(svg).toContain(`>${text}</text>`);
    }
    const [, width = 0, height = 0] = (/viewBox="0 0 (\d+) (\d+)"/.exec(svg) ?? []).map(Number);
    for (const [x = 0, y = 0] of places(svg).flat()) {
      expect(x).toBeGreaterThan(0);
      expect(x).toBeLessThan(width);
      expect(y).toBeGreaterThan(0);
      expect(y).toBeLessThan(height);
    }
  });

  it("can show one size, and refuses none and zero seconds", () => {
    expect(movePlot(points.slice(0, 1))).not.toContain("NaN");
    expect(() => movePlot([])).toThrow(RangeError);
    expect(() => movePlot([{ hosts: 3, bare: 0, move: 1, pivot: 1 }])).toThrow(RangeError);
  });

  it("has decades around all values", () => {
    const tenths = fc.integer({ min: 1, max: 1_000_000 });
    fc.assert(
      fc.property(tenths, tenths, (a, b) => {
        const [low = 0, high = 0] = [a / 10, b / 10].sort((x, y) => x - y);
        const ticks = decades(low, high);
        expect(ticks[0]).toBeLessThanOrEqual(low);
        expect(ticks.at(-1)).toBeGreaterThanOrEqual(high);
        expect(ticks.length).toBeGreaterThan(1);
      }),
      {
        examples: [
          [10, 10_000],
          [100_000, 1_000_000],
        ],
      },
    );
  });
});
