import { appendFileSync } from "node:fs";
import { runChild } from "../providers/shared/childProcess";
import { LineSplitter } from "../providers/shared/lineSplitter";
import { clock, note } from "../lab/setup/progress";
import { Stopwatch } from "./stopwatch";

/** Seconds without output after which a line says that the command still runs. */
const silence = 15;

/** How a measured command is run. */
export interface CommandOptions {
  /** Leads every line of output. */
  readonly subject: string;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** File to which the output is appended, every line led by its time. */
  readonly log: string;
  /** Ends the command, and all that it has started. */
  readonly signal: AbortSignal;
  /** Called with every line of output as it comes. */
  readonly onLine?: (line: string) => void;
  /** Its output is neither shown nor logged: it is large, and wanted as a result. Default false. */
  readonly quiet?: boolean;
  /** Told the process id, as soon as there is one. */
  readonly onStart?: (pid: number) => void;
}

/** A command that was run, and what it wrote to standard output. */
export interface CommandResult {
  /** Wall clock, but for {@link heldSeconds}. */
  readonly seconds: number;
  /** For how long the benchmark itself was stopped meanwhile. */
  readonly heldSeconds: number;
  readonly stdout: string;
}

/**
 * Runs a command with its output as progress lines and in a log file.
 *
 * @throws Error when it fails or is aborted; the output is in the log
 */
export async function runCommand(
  file: string,
  args: readonly string[],
  { subject, cwd, env, log, signal, onLine, quiet, onStart }: CommandOptions,
): Promise<CommandResult> {
  signal.throwIfAborted();
  const watch = new Stopwatch();
  const begin = Date.now();
  let spoken = begin;
  const take = (line: string): void => {
    spoken = Date.now();
    if (quiet) return;
    appendFileSync(log, `${new Date(spoken).toISOString()} ${line}\n`);
    note(subject, line);
    onLine?.(line);
  };
  const splitters = { stdout: new LineSplitter(take), stderr: new LineSplitter(take) };
  const heartbeat = setInterval(() => {
    if (Date.now() - spoken < silence * 1000) return;
    spoken = Date.now();
    note(subject, `still running, ${clock(spoken - begin)} since the start`);
  }, 1000);
  try {
    const result = await runChild({
      file,
      args,
      cwd,
      env,
      signal,
      onStart,
      onOutput: (stream, chunk) => splitters[stream].write(chunk),
    });
    splitters.stdout.end();
    splitters.stderr.end();
    const { seconds, heldSeconds } = watch.stop();
    signal.throwIfAborted();
    if (result.exitCode !== 0) {
      const how =
        result.exitCode === null ? `signal ${result.endedBySignal}` : `exit code ${result.exitCode}`;
      throw new Error(`${subject} ended with ${how}; its output is in ${log}`);
    }
    if (heldSeconds > 0) note(subject, `the benchmark was stopped for ${heldSeconds.toFixed(1)} s`);
    return { seconds, heldSeconds, stdout: result.stdout };
  } finally {
    watch.stop();
    clearInterval(heartbeat);
  }
}
