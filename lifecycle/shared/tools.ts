import path from "node:path";
import { execa, type Options } from "execa";
import { type Context, remainingSeconds } from "./context";
import { LifecycleFailure } from "./failure";

/** The project's own tools come first; whatever else is on PATH is used as it is. */
export function toolPath(root = process.cwd()): string {
  return [path.join(root, ".toolchain", "bin"), process.env.PATH ?? ""].join(path.delimiter);
}

/** Options of {@link runTool}. */
export interface ToolOptions {
  /** Limit in seconds; never more than what is left of the program's own limit. */
  readonly limitSeconds?: number;
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Text for the tool's stdin; the way to hand over a secret. */
  readonly input?: string;
  /** Called with every line of stdout and stderr as it comes. */
  readonly onLine?: (line: string) => void;
  /** Says whether a non-zero exit is a result rather than a failure. Default false. */
  readonly allowFailure?: boolean;
}

/** What a tool left behind. */
export interface ToolResult {
  readonly exitCode: number;
  readonly stdout: string;
  /** stdout and stderr in the order of arrival. */
  readonly output: string;
}

/** Lines of a tool's output shown when it fails. */
const shownLines = 25;

/**
 * Runs an external program found on {@link toolPath}: no shell, stopped together with this program, with a time limit.
 * Arguments are visible to every process of the machine, so a secret never goes there.
 */
export async function runTool(
  context: Context,
  tool: string,
  args: readonly string[],
  options: ToolOptions = {},
): Promise<ToolResult> {
  const limit = Math.min(options.limitSeconds ?? Infinity, Math.max(1, remainingSeconds(context)));
  const settings: Options = {
    all: true,
    env: { ...environmentWithoutSecrets(), ...options.env, PATH: toolPath() },
    extendEnv: false,
    cancelSignal: context.signal,
    forceKillAfterDelay: 10_000,
    timeout: limit * 1000,
    reject: false,
    ...(options.input === undefined ? { stdin: "ignore" } : { input: options.input }),
  };
  const subprocess = execa(tool, args, settings);
  if (options.onLine) {
    for await (const line of subprocess.iterable({ from: "all" })) {
      options.onLine(String(line));
    }
  }
  const result = await subprocess;
  context.signal.throwIfAborted();
  const output = String(result.all ?? "");
  const command = `${tool} ${args.slice(0, 2).join(" ")}`;
  if (result.code === "ENOENT") {
    throw new LifecycleFailure(`${tool} is not installed`, {
      remedy: `run "make setup", or put ${tool} on PATH`,
    });
  }
  if (result.timedOut) {
    throw new LifecycleFailure(`${command} did not end within ${Math.round(limit)} s`, {
      evidence: lastLines(output, shownLines),
    });
  }
  if (result.failed && !options.allowFailure) {
    throw new LifecycleFailure(`${command} failed with exit code ${result.exitCode ?? "none"}`, {
      evidence: lastLines(output, shownLines),
    });
  }
  return { exitCode: result.exitCode ?? -1, stdout: String(result.stdout ?? ""), output };
}

/** The last lines of a text, empty ones left out. */
export function lastLines(text: string, count: number): string[] {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .slice(-count);
}

/** What a tool needs of this program's environment: not the variables that carry the program's own input and secrets. */
function environmentWithoutSecrets(): Record<string, string> {
  const kept =
    /^(PATH|HOME|USER|LANG|LC_.*|TMPDIR|XDG_.*|DOCKER_.*|KIND_.*|CONTAINER_.*|(HTTP|HTTPS|NO|ALL)_PROXY)$/i;
  return Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && kept.test(entry[0]),
    ),
  );
}
