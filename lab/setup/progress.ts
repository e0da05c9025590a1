import { existsSync, readFileSync } from "node:fs";
import colors from "picocolors";

/** Seconds between two "still at it" lines of a running step. */
const tick = 15;

const started = Date.now();

/** Prints one progress line on stderr: time since the start, subject, text. Standard output stays free for results. */
export function note(subject: string, text: string): void {
  process.stderr.write(`${colors.dim(clock(Date.now() - started))} ${colors.bold(subject)}: ${text}\n`);
}

/**
 * Runs `work` between a line for its begin and one for its end with the time taken, and a line every 15 seconds in
 * between, which ends with the last line of `log` when one is given.
 */
export async function track<T>(
  subject: string,
  text: string,
  work: () => Promise<T>,
  log?: string,
): Promise<T> {
  const begin = Date.now();
  note(subject, text);
  const timer = setInterval(() => {
    const last = log === undefined ? "" : lastLine(log);
    note(subject, `${text}, ${seconds(begin)}${last === "" ? "" : colors.dim(` (${last})`)}`);
  }, tick * 1000);
  try {
    const result = await work();
    note(subject, colors.green(`done in ${seconds(begin)}`));
    return result;
  } catch (error) {
    note(subject, colors.red(`failed after ${seconds(begin)}`));
    throw error;
  } finally {
    clearInterval(timer);
  }
}

/** `mm:ss` of a duration in milliseconds. */
export function clock(milliseconds: number): string {
  const total = Math.floor(milliseconds / 1000);
  return `${String(Math.floor(total / 60)).padStart(2, "0")}:${String(total % 60).padStart(2, "0")}`;
}

function seconds(begin: number): string {
  return `${((Date.now() - begin) / 1000).toFixed(1)} s`;
}

function lastLine(log: string): string {
  if (!existsSync(log)) return "";
  const line = readFileSync(log, "utf8").trimEnd().split("\n").at(-1) ?? "";
  if (line.startsWith("+ ")) return ""; // the command itself: it has not said anything yet
  return line.length > 100 ? `${line.slice(0, 97)}...` : line;
}
