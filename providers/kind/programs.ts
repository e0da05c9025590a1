/** Runs `kind` and the container engine's `docker`. */
import { existsSync } from "node:fs";
import path from "node:path";
import { runChild } from "../shared/childProcess";
import type { ChildResult } from "../shared/childProcess";
import { LineSplitter } from "../shared/lineSplitter";

/** Characters of a program's output that an error shows: the end says why. */
const ERROR_TAIL = 4000;

/** How a program is run. */
export interface RunOptions {
  /** Environment variables on top of the plugin's. */
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly signal: AbortSignal;
  /** Called with every line of output as it comes. */
  readonly onLine?: (line: string) => void;
}

/** A program that failed. */
export class ProgramError extends Error {
  constructor(
    command: string,
    readonly result: Pick<ChildResult, "exitCode" | "endedBySignal" | "output">,
    reason?: string,
  ) {
    const how =
      reason ??
      (result.endedBySignal ? `ended by ${result.endedBySignal}` : `exit status ${result.exitCode}`);
    super(`${command}: ${how}\n${result.output.slice(-ERROR_TAIL)}`.trimEnd());
  }
}

/**
 * Runs a program and returns its standard output.
 *
 * @throws ProgramError when it fails or is aborted, with the end of its output; standard input is not shown
 */
export async function run(program: string, args: readonly string[], options: RunOptions): Promise<string> {
  const lines = { stdout: splitter(options), stderr: splitter(options) };
  const command = [program, ...args].join(" ");
  let result: ChildResult;
  try {
    result = await runChild({
      file: program,
      args,
      env: { ...process.env, PATH: searchPath(), ...options.env },
      stdin: options.stdin,
      onOutput: (stream, chunk) => lines[stream]?.write(chunk),
      signal: options.signal,
    });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new Error(code === "ENOENT" ? `the program "${program}" was not found on PATH` : message, {
      cause: error,
    });
  }
  lines.stdout?.end();
  lines.stderr?.end();
  if (options.signal.aborted) throw new ProgramError(command, result, abortReason(options.signal));
  if (result.exitCode !== 0) throw new ProgramError(command, result);
  return result.stdout;
}

/** Why a signal was aborted, for an error message. */
export function abortReason(signal: AbortSignal): string {
  return signal.reason instanceof Error ? signal.reason.message : "cancelled";
}

function splitter(options: RunOptions): LineSplitter | undefined {
  return options.onLine && new LineSplitter(options.onLine);
}

/** What the user has comes first, then the tools that the project's set-up has put into the checkout. */
function searchPath(): string {
  return [process.env.PATH, ...checkoutTools()].filter(Boolean).join(path.delimiter);
}

function checkoutTools(): string[] {
  for (let folder = __dirname; ; folder = path.dirname(folder)) {
    const tools = path.join(folder, ".toolchain", "bin");
    if (existsSync(tools)) return [tools];
    if (folder === path.dirname(folder)) return [];
  }
}
