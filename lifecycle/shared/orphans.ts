import fs from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** Seconds that an orphan is given to end by itself after SIGTERM. */
const graceSeconds = 10;

/** How the temporary folders of lifecycle programs begin. */
export const runPrefix = "run-";

/**
 * Ends what killed programs have left in a folder of temporary folders, each named `<prefix><pid>-...` after its program.
 *
 * A program that is killed outright cannot end the tools that it started. They are known by their arguments, which name
 * files in the temporary folder.
 */
export async function endOrphansIn(parent: string, prefix = runPrefix): Promise<void> {
  for (const name of await fs.readdir(parent).catch(() => [])) {
    const pid = name.startsWith(prefix) ? /^(\d+)-/.exec(name.slice(prefix.length))?.[1] : undefined;
    if (pid !== undefined && !isAlive(Number(pid))) {
      const folder = path.join(parent, name);
      await Promise.all((await processesNaming(folder)).map(endProcess));
      await fs.rm(folder, { recursive: true, force: true });
    }
  }
}

async function processesNaming(folder: string): Promise<number[]> {
  const found: number[] = [];
  for (const entry of await fs.readdir("/proc").catch(() => [])) {
    const pid = Number(entry);
    if (Number.isInteger(pid) && pid !== process.pid) {
      const commandLine = await fs.readFile(`/proc/${entry}/cmdline`, "utf8").catch(() => "");
      if (commandLine.split("\0").some((argument) => argument.startsWith(`${folder}${path.sep}`))) {
        found.push(pid);
      }
    }
  }
  return found;
}

async function endProcess(pid: number): Promise<void> {
  signal(pid, "SIGTERM");
  const until = Date.now() + graceSeconds * 1000;
  while (isAlive(pid) && Date.now() < until) {
    await delay(100);
  }
  signal(pid, "SIGKILL");
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended by itself.
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
