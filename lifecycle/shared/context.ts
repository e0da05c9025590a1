import { setTimeout as delay } from "node:timers/promises";
import { LifecycleFailure } from "./failure";

/** Where progress lines go; stderr in a real run. */
export type ProgressSink = (line: string) => void;

/** What every lifecycle program is given: its time limit, its stop signal and its voice. */
export interface Context {
  /** Verb that runs, for messages. */
  readonly verb: string;
  /** Aborted when the program is told to stop. */
  readonly signal: AbortSignal;
  /** Milliseconds since the epoch at which the program's own limit expires. */
  readonly deadline: number;
  /** Secrets of the program, by environment variable name. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Stdout of the previous run of this command resource; unset on the first. */
  readonly previousResult?: string;
  /** Path of the hosts' console logs with `${HOST}` for the host's name; unset where the site keeps none. */
  readonly consoleLog?: string;
  /** Writes one progress line with the elapsed time in front. */
  progress(line: string): void;
  /** What is being waited for right now; said when the program is stopped. */
  activity: string;
}

/** Options of {@link createContext}. */
export interface ContextOptions {
  readonly verb: string;
  readonly signal: AbortSignal;
  /** The program's own limit in seconds. */
  readonly limitSeconds: number;
  readonly secrets?: Readonly<Record<string, string>>;
  readonly previousResult?: string;
  readonly consoleLog?: string;
  readonly sink: ProgressSink;
}

/** Makes the context of one run, whose clock starts now. */
export function createContext(options: ContextOptions): Context {
  const startedAt = Date.now();
  return {
    verb: options.verb,
    signal: options.signal,
    deadline: startedAt + options.limitSeconds * 1000,
    secrets: options.secrets ?? {},
    previousResult: options.previousResult,
    consoleLog: options.consoleLog,
    activity: "starting",
    progress(line) {
      const elapsed = String(Math.round((Date.now() - startedAt) / 1000)).padStart(4);
      options.sink(`[${elapsed} s] ${options.verb}: ${line}`);
    },
  };
}

/** A secret of the program. */
export function secret(context: Context, name: string): string {
  const value = context.secrets[name];
  if (!value) {
    throw new LifecycleFailure(`environment variable ${name} is not set`, {
      remedy: `${context.verb} needs ${name}; it is set by the program's resource`,
    });
  }
  return value;
}

/** Seconds until the program's own limit expires, at least 0. */
export function remainingSeconds(context: Context): number {
  return Math.max(0, (context.deadline - Date.now()) / 1000);
}

/** Sleeps, and stops sleeping with an error as soon as the program is told to stop. */
export async function pause(context: Context, seconds: number): Promise<void> {
  await delay(seconds * 1000, undefined, { signal: context.signal });
}

/** Runs a part of the program and returns its result with its duration in seconds (one decimal). */
export async function timed<T>(part: () => Promise<T>): Promise<{ value: T; seconds: number }> {
  const startedAt = Date.now();
  const value = await part();
  return { value, seconds: Math.round((Date.now() - startedAt) / 100) / 10 };
}
