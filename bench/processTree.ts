import { readdir, readFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";

/** Milliseconds between two samples. */
const interval = 500;

/** A process, as `/proc/<pid>/stat` names it. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
}

/** Reads `/proc/<pid>/stat`; the program's name is in brackets and may have anything in it. Pure. */
export function parseStat(text: string): ProcessEntry | undefined {
  const [, pid, parent] = /^(\d+) \(.*\) \S (\d+) /s.exec(text) ?? [];
  return pid === undefined ? undefined : { pid: Number(pid), parent: Number(parent) };
}

/** A process and everything below it. Pure. */
export function descendants(root: number, entries: readonly ProcessEntry[]): number[] {
  const children = entries.filter(({ parent }) => parent === root);
  return [root, ...children.flatMap(({ pid }) => descendants(pid, entries))];
}

/** Proportional set size of a process in bytes, from `/proc/<pid>/smaps_rollup`: shared pages are counted once in a sum. Pure. */
export function parsePss(text: string): number {
  return Number(/^Pss:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0) * 1024;
}

/** Samples the memory of a process and everything below it until it is stopped. */
export class TreeMemory {
  private readonly stopping = new AbortController();
  private readonly work: Promise<void>;
  private peak = 0;
  private atPeak: Record<string, number> = {};

  /** @param root process id */
  constructor(private readonly root: number) {
    this.work = this.run();
  }

  /** Ends the sampling; the largest sum, bytes, and what it was made of, by program. */
  async stop(): Promise<{ readonly peak: number; readonly parts: Readonly<Record<string, number>> }> {
    this.stopping.abort();
    await this.work;
    return { peak: this.peak, parts: this.atPeak };
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      const pids = descendants(this.root, await processes());
      const parts: Record<string, number> = {};
      for (const [name, bytes] of await Promise.all(pids.map(memoryOf)))
        parts[name] = (parts[name] ?? 0) + bytes;
      const sum = Object.values(parts).reduce((total, bytes) => total + bytes, 0);
      if (sum > this.peak) [this.peak, this.atPeak] = [sum, parts];
      await pause(interval, undefined, { signal }).catch(() => undefined);
    }
  }
}

async function processes(): Promise<ProcessEntry[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const texts = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, "utf8").catch(() => "")));
  return texts.flatMap((text) => parseStat(text) ?? []);
}

/** Name and memory of a process; one that has ended has none. */
async function memoryOf(pid: number): Promise<readonly [string, number]> {
  const read = (file: string) => readFile(`/proc/${pid}/${file}`, "utf8").catch(() => "");
  const [command, rollup] = await Promise.all([read("cmdline"), read("smaps_rollup")]);
  return [nameOf(command.split("\0")), parsePss(rollup)];
}

/** What only brings others up: tsx, and the start of the compiled lifecycle programs. */
const starters = /(^|\/)(loader|start)\.mjs$/;

/** The script of a Node process, else the program, with its folder. Pure. */
export function nameOf([program = "", ...args]: readonly string[]): string {
  const script = args.find((argument) => /\.(ts|[cm]?js)$/.test(argument) && !starters.test(argument));
  return (script ?? program).split("/").slice(-2).join("/");
}
