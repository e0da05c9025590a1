import { execa, type Options } from "execa";
import type { Stop } from "./cases";

/** What is done at the first line that matches: the run is stopped, or something else happens beside it. */
export type Moment =
  | { readonly until: RegExp; readonly by: Stop }
  | { readonly at: RegExp; readonly begin: () => Promise<void> };

/** How a run ended. */
export interface RunResult {
  /** Whether the line came at which something was to be done. */
  readonly reached: boolean;
  readonly exitCode?: number;
  /** Everything it printed. */
  readonly output: string;
  readonly seconds: number;
}

/** Seconds for a run to end after it was stopped; its programs are given time to end what they are at. */
const stopSeconds = 180;

/**
 * Runs pulumi in a process group of its own. It can be stopped as soon as it prints a line that matches: by SIGINT to pulumi
 * alone, as Ctrl-C in a terminal that waits for it, or by SIGKILL of the whole group. What is begun beside it has ended when
 * this returns.
 */
export async function runPulumi(
  args: readonly string[],
  options: Options,
  moment?: Moment,
  onLine: (line: string) => void = () => undefined,
): Promise<RunResult> {
  const begin = Date.now();
  const run = execa("pulumi", args, {
    ...options,
    detached: true,
    stdin: "ignore",
    all: true,
    reject: false,
    buffer: false,
  });
  const lines: string[] = [];
  let reached = false;
  let beside: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  for await (const chunk of run.iterable({ from: "all" }) as AsyncIterable<unknown>) {
    const line = String(chunk);
    lines.push(line);
    onLine(line);
    if (!moment || reached || run.pid === undefined) continue;
    if (!("until" in moment ? moment.until : moment.at).test(line)) continue;
    reached = true;
    if ("until" in moment) {
      onLine(`--- ${moment.by} ---`);
      process.kill(moment.by === "SIGKILL" ? -run.pid : run.pid, moment.by);
      timer = setTimeout(() => run.kill("SIGKILL"), stopSeconds * 1000);
    } else {
      onLine("--- disturbed ---");
      beside = moment.begin();
      // It is awaited below, when the run is over.
      beside.catch(() => undefined);
    }
  }
  const { exitCode } = await run;
  clearTimeout(timer);
  await beside;
  return { reached, exitCode, output: lines.join("\n"), seconds: (Date.now() - begin) / 1000 };
}
