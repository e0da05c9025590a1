import { readFile, stat, statfs } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { labLabel } from "../lab/control/addresses";
import { docker } from "../lab/control/docker";
import { kindClusterLabel } from "../lab/control/network";
import { memoryGroup, memoryInUse } from "./cgroup";

/** Seconds between two samples. */
const interval = 3;

/** Mount points of the control groups by version. */
const mounts = { 1: "/sys/fs/cgroup/memory", 2: "/sys/fs/cgroup" } as const;

/** What is measured while one way runs. */
export interface Usage {
  /** Largest sum of the memory of all containers of the lab and of kind, bytes. */
  readonly peakMemory: number;
  /** Name of each container to its memory at that moment, bytes. */
  readonly containers: Readonly<Record<string, number>>;
  /** Largest growth since the start of the file systems that hold the lab and the engine's data, bytes. */
  readonly peakDisk: number;
}

/** Samples memory and disk until it is stopped. What it reads are files of the kernel, so that it takes no part in what it measures. */
export class UsageSampler {
  private readonly stopping = new AbortController();
  private readonly groups = new Map<string, string>();
  private usage: Usage = { peakMemory: 0, containers: {}, peakDisk: 0 };
  private readonly work: Promise<void>;

  /** @param folders folders whose file systems are measured */
  constructor(private readonly folders: readonly string[]) {
    this.work = this.run();
  }

  /** Ends the sampling. */
  async stop(): Promise<Usage> {
    this.stopping.abort();
    await this.work;
    return this.usage;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    const free = await freeBytes(this.folders);
    while (!signal.aborted) {
      const containers = await this.memory();
      const sum = Object.values(containers).reduce((total, bytes) => total + bytes, 0);
      const grown = free - (await freeBytes(this.folders));
      this.usage = {
        ...(sum > this.usage.peakMemory
          ? { peakMemory: sum, containers }
          : { peakMemory: this.usage.peakMemory, containers: this.usage.containers }),
        peakDisk: Math.max(this.usage.peakDisk, grown),
      };
      await pause(interval * 1000, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Memory by container name. Containers come and go; one that is gone counts nothing. */
  private async memory(): Promise<Record<string, number>> {
    const format = `{{.ID}} {{.Names}} {{.Label "${labLabel}"}}{{.Label "${kindClusterLabel}"}}`;
    const listed = await docker(["ps", "--no-trunc", "--format", format]).catch(() => "");
    const found = listed
      .split("\n")
      .map((line) => line.split(" "))
      .filter(([, , labels]) => labels);
    const entries = await Promise.all(
      found.map(async ([id = "", name = ""]) => {
        const folder = this.groups.get(id) ?? (await groupFolder(id));
        if (folder === undefined) return [name, 0] as const;
        this.groups.set(id, folder);
        return [name, await inUse(folder)] as const;
      }),
    );
    return Object.fromEntries(entries);
  }
}

/** Folder of a container's memory group. */
async function groupFolder(id: string): Promise<string | undefined> {
  try {
    const pid = await docker(["inspect", "--format={{.State.Pid}}", id]);
    const group = memoryGroup(await readFile(`/proc/${pid}/cgroup`, "utf8"), id);
    return group && `${mounts[group.version]}${group.path}`;
  } catch {
    return undefined;
  }
}

async function inUse(folder: string): Promise<number> {
  try {
    const usage = await readFile(`${folder}/memory.usage_in_bytes`, "utf8").catch(() =>
      readFile(`${folder}/memory.current`, "utf8"),
    );
    return memoryInUse(usage, await readFile(`${folder}/memory.stat`, "utf8"));
  } catch {
    return 0;
  }
}

/** Free bytes of the file systems that hold the folders, each counted once. */
async function freeBytes(folders: readonly string[]): Promise<number> {
  const seen = new Set<number>();
  let sum = 0;
  for (const folder of folders) {
    const { dev } = await stat(folder);
    if (seen.has(dev)) continue;
    seen.add(dev);
    const { bavail, bsize } = await statfs(folder);
    sum += bavail * bsize;
  }
  return sum;
}
