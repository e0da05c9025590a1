/** Tests that ran and how they ended. */
export interface TestCount {
  readonly passed: number;
  readonly failed: number;
  /** Names of those that failed, with file and reason; one line each. */
  readonly failures?: readonly string[];
}

/** The part of vitest's JSON report that is counted. */
export interface VitestReport {
  readonly numPassedTests: number;
  /** Files. One that cannot be loaded has failed without having a failed test. */
  readonly testResults: readonly {
    readonly status: string;
    /** The file's path. */
    readonly name?: string;
    /** Why the file failed as a whole. */
    readonly message?: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName?: string;
      readonly failureMessages?: readonly string[] | null;
    }[];
  }[];
}

/**
 * Counts of a vitest run. A file that failed as a whole (it does not load, its set-up throws) counts as one failure; so does
 * a run that ended with an error or without a report although no test failed. Pure.
 */
export function countReport(report: VitestReport | undefined, exitCode: number | undefined): TestCount {
  if (report === undefined) return { passed: 0, failed: 1, failures: ["no report was written"] };
  const failures = report.testResults.flatMap((file) => {
    const where = file.name?.split("/").at(-1) ?? "a file";
    const failed = file.assertionResults.filter(({ status }) => status === "failed");
    if (failed.length === 0) return file.status === "failed" ? [`${where}: ${firstLine(file.message)}`] : [];
    return failed.map(
      ({ fullName = "a test", failureMessages }) =>
        `${where}: ${fullName.trim()}: ${firstLine(failureMessages?.[0])}`,
    );
  });
  if (failures.length === 0 && exitCode !== 0) failures.push("ended with an error outside of its tests");
  return { passed: report.numPassedTests, failed: failures.length, failures };
}

/** What a failure begins with, for one line of a summary. */
function firstLine(text = ""): string {
  const line = text.trim().split("\n")[0] ?? "";
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}

/** What a program that failed has said first, for a summary: up to five lines that say something. Pure. */
export function firstLines(output: string): string[] {
  return excerpt(output, 0, 5);
}

/** What it has said last, where that is the error after its progress. Pure. */
export function lastLines(output: string): string[] {
  return excerpt(output, -5);
}

function excerpt(output: string, ...range: [number, number?]): string[] {
  const lines = output
    .split("\n")
    .filter((line) => line.trim() !== "")
    .slice(...range);
  return lines.length > 0 ? lines.map(firstLine) : ["said nothing"];
}

/** Sums up. Pure. */
export function addCounts(counts: readonly TestCount[]): TestCount {
  return counts.reduce<TestCount>(
    (sum, count) => ({ passed: sum.passed + count.passed, failed: sum.failed + count.failed }),
    { passed: 0, failed: 0 },
  );
}
