/** Runs of the real program, in a process group of their own, so that they can be killed with all that they have started. */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { execa } from "execa";
import { projectRoot, toolPath } from "../../../lab/setup/paths";
import type { Write } from "./proxy";

/** How a run of the program ended. */
export interface Run {
  /** Undefined when it was killed. */
  readonly exitCode: number | undefined;
  readonly output: string;
  readonly seconds: number;
}

/** A run that was to be killed. */
export interface Killed extends Run {
  /** The write after which it was; undefined when it ended before. */
  readonly last: Write | undefined;
}

/** Options of one run. */
export interface RunOptions {
  /** Another checkout's folder: it has nothing of the first one's state. Default: the lab's own. */
  readonly folder?: string;
  readonly limits?: Readonly<Record<string, number>>;
  /** Told the process as soon as it runs. */
  readonly onStart?: (child: ChildProcess) => void;
}

/** What the program is given. */
export interface Invocation {
  readonly verb: string;
  /** Folder in which it runs: its state is in it. */
  readonly folder: string;
  readonly input: Readonly<Record<string, unknown>>;
  /** By environment variable. */
  readonly secrets: Readonly<Record<string, string>>;
  /** The program's own limit, seconds; it is killed when it does not end within half a minute more. Default: 240. */
  readonly limitSeconds?: number;
  readonly onStart?: (child: ChildProcess) => void;
}

/** A run of a small cluster takes seconds; one that hangs must not hold the tests. */
const runSeconds = 240;
/** Runs a TypeScript program as the stack does. */
const start = join(projectRoot, "start.mjs");

/** Runs the program once, until it has ended. */
export async function runProgram(invocation: Invocation): Promise<Run> {
  const { verb, folder, input, secrets, limitSeconds = runSeconds, onStart } = invocation;
  const begin = Date.now();
  const child = spawn("node", [start, join(projectRoot, "lifecycle/main.ts"), verb], {
    cwd: folder,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      PATH: toolPath(),
      HOME: process.env.HOME,
      LIFECYCLE_TIMEOUT_SECONDS: String(limitSeconds),
      LIFECYCLE_INPUT: JSON.stringify(input),
      ...secrets,
    },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (output += String(data)));
  onStart?.(child);
  const timer = setTimeout(() => kill(child), (limitSeconds + 30) * 1000);
  const exitCode = await new Promise<number | null>((resolve) => child.once("close", resolve));
  clearTimeout(timer);
  return { exitCode: exitCode ?? undefined, output, seconds: (Date.now() - begin) / 1000 };
}

/** Kills a process with all that it has started. */
export function kill(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

/** Where `pulumi destroy` finds the objects, from a checkout's folder. */
export async function findObjects(folder: string, names: readonly string[]): Promise<string> {
  const script = join(projectRoot, "tests/pivot/support/whereabouts.ts");
  const { stdout } = await execa("node", [start, script, ...names], { cwd: folder });
  return stdout;
}
