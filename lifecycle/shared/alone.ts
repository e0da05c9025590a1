import fs from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Context } from "./context";
import { LifecycleFailure } from "./failure";
import { ensureFolder, readIfPresent, stateFolder, writePrivateFile } from "./stateFolder";

/** Seconds that an earlier run is given to end by itself after SIGTERM, and again after SIGKILL. */
const graceSeconds = 20;

/**
 * Runs a part of a program of which there may be one alone in a stack. An earlier run that is still at work has lost its
 * engine, since the engine's lock on the stack lets only one run in: it is ended first.
 *
 * @param what Name of the program; names a file in the stack's folder.
 */
export async function runAlone<T>(
  context: Context,
  stack: string,
  what: string,
  part: () => Promise<T>,
): Promise<T> {
  await ensureFolder(stack);
  const file = path.join(stateFolder(stack), `${what}.pid`);
  await endEarlierRun(context, await readIfPresent(file), what);
  await writePrivateFile(file, (await identity(process.pid)) ?? "");
  try {
    return await part();
  } finally {
    await fs.rm(file, { force: true });
  }
}

async function endEarlierRun(context: Context, noted: string | undefined, what: string): Promise<void> {
  const pid = Number(noted?.split(" ")[0]);
  if (!noted || !Number.isInteger(pid) || pid === process.pid) {
    return;
  }
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    if ((await identity(pid)) !== noted) {
      return;
    }
    context.progress(`an earlier ${what} (process ${pid}) is still at work, its engine is gone: ${signal}`);
    try {
      process.kill(pid, signal);
    } catch {
      // It has ended by itself.
    }
    const until = Date.now() + graceSeconds * 1000;
    while ((await identity(pid)) === noted && Date.now() < until) {
      await delay(100);
      context.signal.throwIfAborted();
    }
  }
  if ((await identity(pid)) === noted) {
    throw new LifecycleFailure(`an earlier ${what} (process ${pid}) does not end`, {
      remedy: "end it, and run again",
    });
  }
}

/** A process, with the time of its start: numbers are used again. Undefined when it is not there, or has ended. */
async function identity(pid: number): Promise<string | undefined> {
  // The name of the program, which comes second, is in parentheses and may contain anything.
  const status = await fs.readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  const fields = status?.slice(status.lastIndexOf(")") + 2).split(" ");
  return fields === undefined || fields[0] === "Z" ? undefined : `${pid} ${fields[19]}`;
}
