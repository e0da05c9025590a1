import ipaddr from "ipaddr.js";
import fs from "node:fs/promises";
import type { Context } from "../shared/context";
import { errorText, LifecycleFailure } from "../shared/failure";
import { runTool } from "../shared/tools";
import type { EnvironmentFinding, Settings } from "./finding";

interface EngineInfo {
  readonly DockerRootDir?: string;
}

/** Where the engine keeps its containers when it does not tell. */
const usualRoot = "/var/lib/docker";

/** The container engine, its network, and the memory and disk that it can use. */
export async function checkEngine(context: Context, input: Settings): Promise<EnvironmentFinding[]> {
  const [engine, memory] = await Promise.all([askEngine(context), availableMemory()]);
  const unusable = engine instanceof Error;
  const folder = (unusable ? undefined : engine.DockerRootDir) ?? usualRoot;
  const [network, disk] = await Promise.all([
    unusable ? [] : checkNetwork(context, input),
    availableDisk(folder),
  ]);
  return [
    ...(unusable
      ? [
          {
            path: "bootstrap",
            value: "docker",
            problem: `the container engine cannot be used: ${engineProblem(engine)}`,
            remedy: "start it, and make sure that this user may use it (`docker info` must succeed)",
          },
        ]
      : []),
    ...network,
    ...memoryFindings(memory, input.memoryMiB),
    ...diskFindings(disk, folder, input.diskMiB),
  ];
}

async function askEngine(context: Context): Promise<EngineInfo | Error> {
  try {
    const { stdout } = await runTool(context, "docker", ["info", "--format", "{{json .}}"], {
      limitSeconds: 30,
    });
    return JSON.parse(stdout) as EngineInfo;
  } catch (error) {
    context.signal.throwIfAborted();
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** What docker said, which tells more than that it failed. */
function engineProblem(error: unknown): string {
  const said = error instanceof LifecycleFailure ? error.evidence.at(-1) : undefined;
  return said === undefined ? errorText(error) : `${errorText(error)}: ${said}`;
}

async function checkNetwork(context: Context, { network }: Settings): Promise<EnvironmentFinding[]> {
  const path = "bootstrap.network";
  const { exitCode, stdout } = await runTool(
    context,
    "docker",
    ["network", "inspect", network.name, "--format", "{{json .IPAM.Config}}"],
    { limitSeconds: 30, allowFailure: true },
  );
  if (exitCode !== 0) {
    return [
      {
        path,
        value: network.name,
        problem: "there is no such container network",
        remedy: `start the lab, or create a network that the hosts' provisioning network is bridged to: docker network create --subnet ${network.cidr} ${network.name}`,
      },
    ];
  }
  const subnets =
    (JSON.parse(stdout) as { Subnet?: string }[] | null)?.flatMap(({ Subnet }) => Subnet ?? []) ?? [];
  return subnets.some((subnet) => sameNetwork(subnet, network.cidr))
    ? []
    : [
        {
          path,
          value: network.name,
          problem: `the container network has ${subnets.join(", ") || "no subnet"}, and network.cidr is ${network.cidr}`,
          remedy: "name another network, or create this one again with the right subnet",
        },
      ];
}

/** Whether two CIDRs name the same network. */
export function sameNetwork(a: string, b: string): boolean {
  try {
    const [left, right] = [ipaddr.parseCIDR(a), ipaddr.parseCIDR(b)];
    return left[1] === right[1] && left[0].kind() === right[0].kind() && left[0].match(right);
  } catch {
    return false;
  }
}

/** Memory that programs can have, MiB; infinite where the system does not tell. */
async function availableMemory(): Promise<number> {
  const text = await fs.readFile("/proc/meminfo", "utf8").catch(() => "");
  const kibibytes = /^MemAvailable:\s+(\d+) kB$/m.exec(text)?.[1];
  return Math.floor(Number(kibibytes ?? Infinity) / 1024);
}

/** Judges the available memory. Pure. */
export function memoryFindings(availableMiB: number, wantedMiB: number): EnvironmentFinding[] {
  return availableMiB >= wantedMiB
    ? []
    : [
        {
          path: "bootstrap",
          value: `${availableMiB} MiB of memory available`,
          problem: `too little memory: the bootstrap cluster needs ${wantedMiB} MiB`,
          remedy: "stop other programs, or use a larger machine",
        },
      ];
}

/** Space in a folder, MiB; infinite where it cannot be seen. */
async function availableDisk(folder: string): Promise<number> {
  try {
    const { bavail, bsize } = await fs.statfs(folder);
    return Math.floor((bavail * bsize) / 2 ** 20);
  } catch {
    return Infinity;
  }
}

/** Judges the free space. Pure. */
export function diskFindings(availableMiB: number, folder: string, wantedMiB: number): EnvironmentFinding[] {
  return availableMiB >= wantedMiB
    ? []
    : [
        {
          path: "bootstrap",
          value: `${availableMiB} MiB free at ${folder}`,
          problem: `too little disk: the bootstrap cluster needs ${wantedMiB} MiB`,
          remedy: "free some space (`docker system df` shows what the engine uses)",
        },
      ];
}
