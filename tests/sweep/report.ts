/** What a sweep of kills has shown, as tables for people. */
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { toolchainDir } from "../../lab/setup/paths";
import { type Outcome, type Stage } from "../pivot/support/faults";

const stages: readonly Stage[] = [
  "lease",
  "prepare",
  "pause",
  "create",
  "delete",
  "unpause",
  "release",
  "verify",
  "end",
];

type Cells = readonly (string | number)[];

/** Tables of one file of tests, shown and kept when it is over; what came out of each fault is shown and kept at once. */
export class Report {
  private readonly tables: string[] = [];
  private readonly path: string;
  private noted = 0;

  /** @param name Part of the files' names. */
  constructor(name: string) {
    const folder = join(toolchainDir, "test-results");
    mkdirSync(folder, { recursive: true });
    this.path = join(folder, `${name}-${Date.now()}`);
  }

  /**
   * One fault has been seen to its end.
   *
   * @param of How many there are in all. @param what It, in words. @param defects What was not right after it.
   */
  note(of: number, what: string, found: string | undefined, defects: readonly string[]): void {
    const end = defects.length === 0 ? "right" : `NOT RIGHT: ${defects.join("; ")}`;
    const line = `${++this.noted} of ${of}: ${what}; found ${found ?? "nothing"}; ${end}\n`;
    process.stdout.write(line);
    appendFileSync(`${this.path}.log`, line);
  }

  table(title: string, heads: readonly string[], rows: readonly Cells[]): void {
    const line = (cells: Cells) => `| ${cells.join(" | ")} |`;
    this.tables.push([title, "", line(heads), line(heads.map(() => "---")), ...rows.map(line)].join("\n"));
  }

  /** One row for each stage in which something was killed. */
  tabulate(title: string, outcomes: readonly Outcome[]): void {
    this.table(
      title,
      [
        "killed within",
        "runs",
        "the next run found",
        "right at the end",
        "after more runs",
        "seconds of the last, mean",
      ],
      stages.flatMap((stage) => {
        const here = outcomes.filter((outcome) => outcome.stage === stage);
        if (here.length === 0) return [];
        const seconds = here.reduce((sum, { run }) => sum + run.seconds, 0) / here.length;
        const found = count(here, (outcome) => outcome.found).map(([name, n]) => `${name} ${n}`);
        const right = here.filter(({ defects }) => defects.length === 0).length;
        const more = here.filter(({ runs }) => runs > 1).length;
        return [
          [stage, here.length, found.join(", "), `${right} of ${here.length}`, more, seconds.toFixed(1)],
        ];
      }),
    );
  }

  write(): void {
    const text = `${this.tables.join("\n\n")}\n`;
    writeFileSync(`${this.path}.md`, text);
    process.stdout.write(text);
  }
}

/** What was not right, one text each. */
export function failures(outcomes: readonly Outcome[]): string[] {
  return outcomes
    .filter(({ defects }) => defects.length > 0)
    .map(
      ({ write, found, defects, run }) =>
        `${JSON.stringify(write)}: found ${found}; ${defects.join("; ")}; ${run.output.slice(-1500)}`,
    );
}

function count<T>(items: readonly T[], of: (item: T) => string): [string, number][] {
  const counts = new Map<string, number>();
  items.forEach((item) => counts.set(of(item), (counts.get(of(item)) ?? 0) + 1));
  return [...counts];
}
