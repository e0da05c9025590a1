/** Child processes of a plugin, each in a process group of its own that is ended as a whole. */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";

/** How long a group may take to end after SIGTERM before it is killed. */
const GRACE_MILLISECONDS = 5000;
/** How long the pipes of a killed group may stay open: a process that left the group can hold them. */
const DRAIN_MILLISECONDS = 500;

/** What to run. */
export interface ChildCommand {
  readonly file: string;
  readonly args: readonly string[];
  /** Working folder. Defaults to the plugin's own. */
  readonly cwd?: string;
  /** The whole environment of the child. */
  readonly env: NodeJS.ProcessEnv;
  /** Text for standard input; without it, standard input is empty. */
  readonly stdin?: string;
  /** Called with every piece of output as it comes. */
  readonly onOutput?: (stream: "stdout" | "stderr", chunk: Buffer) => void;
  /** Told the process id, as soon as there is one. */
  readonly onStart?: (pid: number) => void;
  /** Ends the group when aborted. */
  readonly signal: AbortSignal;
}

/** How a child ended. */
export interface ChildResult {
  /** Exit code; null when a signal ended it. */
  readonly exitCode: number | null;
  readonly endedBySignal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Both streams, in the order in which the output came. */
  readonly output: string;
}

const groups = new Set<number>();
process.on("exit", () => {
  for (const group of groups) signalGroup(group, "SIGKILL");
});

/**
 * Runs a program to its end, which is when it has exited and its pipes are closed.
 *
 * Resolves whatever the exit code is, also when the run was aborted; rejects when the program cannot be started (with the
 * `code` of the system call).
 */
export async function runChild(command: ChildCommand): Promise<ChildResult> {
  const child = spawn(command.file, command.args, {
    cwd: command.cwd,
    env: command.env,
    detached: true,
    stdio: [command.stdin === undefined ? "ignore" : "pipe", "pipe", "pipe"],
  });
  if (child.pid !== undefined) command.onStart?.(child.pid);
  const chunks: { stream: "stdout" | "stderr"; chunk: Buffer }[] = [];
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream]?.on("data", (chunk: Buffer) => {
      chunks.push({ stream, chunk });
      command.onOutput?.(stream, chunk);
    });
  }
  // A child may end without reading its input.
  child.stdin?.on("error", () => undefined);
  child.stdin?.end(command.stdin);

  const text = (wanted?: "stdout" | "stderr") =>
    Buffer.concat(
      chunks.filter(({ stream }) => !wanted || stream === wanted).map(({ chunk }) => chunk),
    ).toString();
  const end = await waitForEnd(child, command.signal);
  return { ...end, stdout: text("stdout"), stderr: text("stderr"), output: text() };
}

async function waitForEnd(
  child: ChildProcess,
  signal: AbortSignal,
): Promise<Pick<ChildResult, "exitCode" | "endedBySignal">> {
  const group = child.pid;
  if (group !== undefined) groups.add(group);
  const timers: NodeJS.Timeout[] = [];

  const stop = () => {
    if (group === undefined) return;
    signalGroup(group, "SIGTERM");
    timers.push(setTimeout(kill, GRACE_MILLISECONDS));
  };
  const kill = () => {
    if (group === undefined) return;
    signalGroup(group, "SIGKILL");
    timers.push(setTimeout(closePipes, DRAIN_MILLISECONDS));
  };
  const closePipes = () => {
    child.stdout?.destroy();
    child.stderr?.destroy();
  };

  try {
    return await new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", () => {
        // The shell obeyed; what it left behind in its group has no reason to go on.
        if (signal.aborted) timers.push(setTimeout(kill, DRAIN_MILLISECONDS));
      });
      child.once("close", (exitCode, endedBySignal) => {
        if (signal.aborted && group !== undefined) signalGroup(group, "SIGKILL");
        resolve({ exitCode, endedBySignal });
      });
      if (signal.aborted) stop();
      else signal.addEventListener("abort", stop, { once: true });
    });
  } finally {
    signal.removeEventListener("abort", stop);
    timers.forEach(clearTimeout);
    if (group !== undefined) groups.delete(group);
  }
}

function signalGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal);
  } catch {
    // The group is gone already.
  }
}
