import ipaddr from "ipaddr.js";
import fs from "node:fs/promises";
import type { Context } from "../shared/context";
import { errorText, LifecycleFailure } from "../shared/failure";
import { runTool } from "../shared/tools";
import type { EnvironmentFinding, Settings } from "./finding";

interface EngineInfo {
  readonly DockerRootDir?: string;
}

/** The container engine, its network, and the memory and disk that it can use. */
export async function checkEngine(context: Context, input: Settings): Promise<EnvironmentFinding[]> {
  let info: EngineInfo;
  try {
    const { stdout } = await runTool(context, "docker", ["info", "--format", "{{json .}}"], {
      limitSeconds: 30,
    });
    info = JSON.parse(stdout) as EngineInfo;
  } catch (error) {
    context.signal.throwIfAborted();
    return [
      {
        path: "bootstrap",
        value: "docker",
        problem: `the container engine cannot be used: ${engineProblem(error)}`,
        remedy: "start it, and make sure that this user may use it (`docker info` must succeed)",
      },
    ];
  }
  const [network, memory, disk] = await Promise.all([
    checkNetwork(context, input),
    checkMemory(input.memoryMiB),
    checkDisk(info.DockerRootDir ?? ".", input.diskMiB),
  ]);
  return [...network, ...memory, ...disk];
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

async function checkMemory(wantedMiB: number): Promise<EnvironmentFinding[]> {
  const kibibytes = /^MemAvailable:\s+(\d+) kB$/m.exec(await fs.readFile("/proc/meminfo", "utf8"))?.[1];
  const available = Math.floor(Number(kibibytes ?? Infinity) / 1024);
  return available >= wantedMiB
    ? []
    : [
        {
          path: "bootstrap",
          value: `${available} MiB of memory available`,
          problem: `the bootstrap cluster needs ${wantedMiB} MiB`,
          remedy: "stop other programs, or use a larger machine",
        },
      ];
}

async function checkDisk(folder: string, wantedMiB: number): Promise<EnvironmentFinding[]> {
  const { bavail, bsize } = await fs.statfs(folder).catch(() => fs.statfs("."));
  const available = Math.floor((bavail * bsize) / 2 ** 20);
  return available >= wantedMiB
    ? []
    : [
        {
          path: "bootstrap",
          value: `${available} MiB free at ${folder}`,
          problem: `the bootstrap cluster needs ${wantedMiB} MiB of disk`,
          remedy: "free some space (`docker system df` shows what the engine uses)",
        },
      ];
}
