import type { StepSeconds } from "./marks";
import { type Spread, spread } from "./statistics";

/** What one way of one run took. */
export interface Measurement {
  /** The nine steps. The program's overlap. */
  readonly steps: readonly StepSeconds[];
  /** Wall clock from the start of the first command to the end of the last, seconds. */
  readonly totalSeconds: number;
  /** Memory of all containers at its peak, bytes. */
  readonly peakMemory: number;
  /** Growth of the file systems in use at its peak, bytes. */
  readonly peakDisk: number;
}

/** Both ways of one run, on the same lab. */
export interface RunResult {
  readonly runbook: Measurement;
  readonly program: Measurement;
}

const gibibyte = 1024 ** 3;

/**
 * The results as a Markdown table. Of several runs, each cell is the median with minimum and maximum; the ratio is that of the
 * medians. Pure.
 *
 * @throws RangeError when there is no run
 */
export function table(runs: readonly RunResult[]): string {
  const [first] = runs;
  const stepRows = (first?.runbook.steps ?? []).map(({ step, name }) =>
    row(`${step} ${name}`, runs, (way) => way.steps.find((other) => other.step === step)?.seconds ?? NaN, 1),
  );
  const rows = [
    ["Step", "Runbook, s", "Program, s", "Ratio"],
    ...stepRows,
    row("**total, wall clock**", runs, ({ totalSeconds }) => totalSeconds, 1),
    row("memory of the containers at the peak, GiB", runs, ({ peakMemory }) => peakMemory / gibibyte, 2),
    row("disk taken at the peak, GiB", runs, ({ peakDisk }) => peakDisk / gibibyte, 2),
  ];
  return markdown(rows);
}

/** Median time of the program over that of the runbook. Pure. */
export function totalRatio(runs: readonly RunResult[]): number {
  const total = (way: keyof RunResult) => spread(runs.map((run) => run[way].totalSeconds)).median;
  return total("program") / total("runbook");
}

function row(
  label: string,
  runs: readonly RunResult[],
  measure: (way: Measurement) => number,
  digits: number,
): string[] {
  const runbook = spread(runs.map((run) => measure(run.runbook)));
  const program = spread(runs.map((run) => measure(run.program)));
  const ratio = program.median / runbook.median;
  return [
    label,
    cell(runbook, runs.length, digits),
    cell(program, runs.length, digits),
    Number.isFinite(ratio) ? ratio.toFixed(2) : "-",
  ];
}

/** A spread in a cell: its median, with minimum and maximum where there were several runs. Pure. */
export function cell({ min, median, max }: Spread, runs: number, digits: number): string {
  const text = median.toFixed(digits);
  return runs === 1 ? text : `${text} (${min.toFixed(digits)}–${max.toFixed(digits)})`;
}

/** A Markdown table: rows in columns of equal width, the first row as its head; numbers are aligned to the right. Pure. */
export function markdown(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(3, ...rows.map((cells) => cells[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((text, column) => (column === 0 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0))).join(" | ")} |`;
  const rule = `|${widths.map((width, column) => (column === 0 ? "-".repeat(width + 2) : `${"-".repeat(width + 1)}:`)).join("|")}|`;
  const [header = [], ...body] = rows;
  return [line(header), rule, ...body.map(line)].join("\n");
}
