import { randomUUID } from "node:crypto";
import fs from "node:fs/promises";
import os from "node:os";
import { z } from "zod";

export const holderSchema = z.object({
  /** Of this run alone. */
  id: z.string(),
  user: z.string(),
  host: z.string(),
  pid: z.number(),
  stack: z.string(),
  /** Where process ids are unique: kernel since its boot, and process namespace. Unset where there is no /proc. */
  processes: z.string().optional(),
  /** When the process began, in the kernel's clock; tells it from a later one with the same id. */
  began: z.string().optional(),
});

/** Who runs a pivot. */
export type Holder = z.output<typeof holderSchema>;

/** This process as a holder. */
export async function thisProcess(stack: string): Promise<Holder> {
  return {
    id: randomUUID(),
    user: userName(),
    host: os.hostname(),
    pid: process.pid,
    stack,
    processes: await processSpace(),
    began: await beginOf(process.pid),
  };
}

/** A holder in words. */
export function holderText({ user, host, pid, stack }: Holder): string {
  return `${user}@${host}, process ${pid}, stack ${stack}`;
}

/**
 * Whether a holder's process lives: "unknown" for one of another machine, or of this one before its last boot, which cannot
 * be looked up.
 */
export async function lifeOf(holder: Holder): Promise<"alive" | "dead" | "unknown"> {
  const here = await processSpace();
  if (here === undefined || holder.processes !== here) {
    return "unknown";
  }
  const began = await beginOf(holder.pid);
  return began !== undefined && began === holder.began ? "alive" : "dead";
}

function userName(): string {
  try {
    return os.userInfo().username;
  } catch {
    // A container may run as a user that it does not know.
    return String(process.getuid?.() ?? "unknown");
  }
}

async function processSpace(): Promise<string | undefined> {
  try {
    const boot = await fs.readFile("/proc/sys/kernel/random/boot_id", "utf8");
    return `${os.hostname()} ${boot.trim()} ${await fs.readlink("/proc/self/ns/pid")}`;
  } catch {
    return undefined;
  }
}

/** Start time of a process, or undefined when there is none, or only its remains. */
async function beginOf(pid: number): Promise<string | undefined> {
  try {
    const stat = await fs.readFile(`/proc/${pid}/stat`, "utf8");
    // The name, in parentheses, may hold blanks; the fields after it do not. State is the 3rd of all, start time the 22nd.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" || fields[0] === "X" ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
