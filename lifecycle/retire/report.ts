import path from "node:path";
import type { ReleasedHost } from "../inputs/retire";
import { ensureFolder, writePrivateFile } from "../shared/stateFolder";

/** What is proved at the end of a release. */
export interface ReleaseReport {
  readonly clusterName: string;
  readonly hosts: readonly ReleasedHost[];
  /** The Ironic endpoint address. */
  readonly ironicIP: string;
  /** "silent", or why that could not be proved. */
  readonly endpoint: string;
  /** When everything was found so (ISO 8601). */
  readonly finishedAt: string;
}

/** The report as lines of text. Pure. */
export function reportLines(report: ReleaseReport): string[] {
  const rows = [
    ["host", "power (by its BMC)", "last state in Ironic", "image gone"],
    ...report.hosts.map(({ name, power, lastState, imageGone }) => [name, power, lastState, imageGone]),
  ];
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const table = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  return [
    `The machines of ${report.clusterName} were released at ${report.finishedAt}.`,
    ...table,
    `Ironic endpoint ${report.ironicIP}: ${report.endpoint}`,
  ];
}

/** Keeps the report beside the stack's local files; returns its path, relative to the project. */
export async function writeReport(stack: string, report: ReleaseReport): Promise<string> {
  const file = path.join(await ensureFolder(stack), "release-report.txt");
  await writePrivateFile(file, `${reportLines(report).join("\n")}\n`);
  return file;
}
