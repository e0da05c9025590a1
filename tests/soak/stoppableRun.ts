import { execa, type Options } from "execa";
import type { Stop } from "./cases";

/** How a run ended. */
export interface RunResult {
  /** Whether it was stopped, rather than ended by itself. */
  readonly stopped: boolean;
  readonly exitCode?: number;
  /** Everything it printed. */
  readonly output: string;
  readonly seconds: number;
}

/** Seconds for a run to end after it was stopped; its programs are given time to end what they are at. */
const stopSeconds = 180;

/**
 * Runs pulumi in a process group of its own, and stops it as soon as it prints a line that matches: by SIGINT to pulumi alone,
 * as Ctrl-C in a terminal that waits for it, or by SIGKILL of the whole group.
 */
export async function runPulumi(
  args: readonly string[],
  options: Options,
  stop?: { readonly until: RegExp; readonly by: Stop },
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
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  for await (const chunk of run.iterable({ from: "all" }) as AsyncIterable<unknown>) {
    const line = String(chunk);
    lines.push(line);
    onLine(line);
    if (stop && !stopped && run.pid !== undefined && stop.until.test(line)) {
      stopped = true;
      onLine(`--- ${stop.by} ---`);
      process.kill(stop.by === "SIGKILL" ? -run.pid : run.pid, stop.by);
      timer = setTimeout(() => run.kill("SIGKILL"), stopSeconds * 1000);
    }
  }
  const { exitCode } = await run;
  clearTimeout(timer);
  return { stopped, exitCode, output: lines.join("\n"), seconds: (Date.now() - begin) / 1000 };
}
