import { spread } from "../statistics";
import { cell, markdown } from "../table";
import { bySize, type MoveRun } from "./results";

/**
 * The results as a Markdown table, one row for each size. Of several runs, each cell is the median with minimum and maximum;
 * ratios are those of the medians to that of bare `clusterctl move`. Pure.
 */
export function moveTable(runs: readonly MoveRun[]): string {
  const header = [
    "Hosts (in use)",
    "Objects",
    "`clusterctl move`, s",
    "Move step of `pivot`, s",
    "Ratio",
    "Whole `pivot`, s",
    "Ratio",
  ];
  return markdown([header, ...bySize(runs).map(row)]);
}

/** The stages of the program as a Markdown table, one row for each size: medians. Pure. */
export function stageTable(runs: readonly MoveRun[]): string {
  const rows = bySize(runs).map((same) => {
    const seconds = (of: (run: MoveRun) => number) => spread(same.map(of)).median.toFixed(1);
    return [
      `${same[0]?.hosts}`,
      seconds(({ stages }) => stages.gate),
      seconds(({ stages }) => stages.prepare),
      seconds(({ stages }) => stages.move),
      seconds(({ stages }) => stages.verify),
      seconds(({ pivotSeconds, stages }) => pivotSeconds - Object.values(stages).reduce((a, b) => a + b, 0)),
    ];
  });
  return markdown([["Hosts", "Gate, s", "Prepare, s", "Move, s", "Verify, s", "Start and end, s"], ...rows]);
}

/** Medians of one size. */
export interface MovePoint {
  readonly hosts: number;
  readonly bare: number;
  readonly move: number;
  readonly pivot: number;
}

/** The median of each way at each size, the smallest first. Pure. */
export function movePoints(runs: readonly MoveRun[]): MovePoint[] {
  return bySize(runs).map((same) => ({
    hosts: same[0]?.hosts ?? 0,
    bare: spread(same.map(({ bareSeconds }) => bareSeconds)).median,
    move: spread(same.map(({ stages }) => stages.move)).median,
    pivot: spread(same.map(({ pivotSeconds }) => pivotSeconds)).median,
  }));
}

function row(same: readonly MoveRun[]): string[] {
  const [first] = same;
  const bare = spread(same.map(({ bareSeconds }) => bareSeconds));
  const move = spread(same.map(({ stages }) => stages.move));
  const pivot = spread(same.map(({ pivotSeconds }) => pivotSeconds));
  return [
    `${first?.hosts} (${first?.inUse})`,
    `${first?.objects}`,
    cell(bare, same.length, 1),
    cell(move, same.length, 1),
    (move.median / bare.median).toFixed(2),
    cell(pivot, same.length, 1),
    (pivot.median / bare.median).toFixed(2),
  ];
}
