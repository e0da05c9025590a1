import { openSync, readdirSync, readFileSync, readlinkSync, readSync, writeSync, closeSync } from "node:fs";
import { type HostIdentity, hosts, rack } from "../../lab/control/addresses";
import { docker, inspectContainer } from "../../lab/control/docker";
import { hostFiles, labFiles } from "../../lab/control/files";
import { waitFor } from "../../lab/control/probe";
import { readSystem, resetSystem } from "../../lab/control/redfish";
import { projectRoot } from "../../lab/setup/paths";
import type { Harm } from "./cases";

/** What is on the machine, as far as a stack could leave it behind. */
export interface Surroundings {
  readonly containers: readonly string[];
  readonly networks: readonly string[];
  readonly volumes: readonly string[];
  readonly processes: readonly string[];
}

/** Looks around. */
export async function lookAround(): Promise<Surroundings> {
  const list = async (...args: string[]) => (await docker(args)).split("\n").filter(Boolean).sort();
  const [containers, networks, volumes] = await Promise.all([
    list("ps", "--all", "--format", "{{.Names}}"),
    list("network", "ls", "--format", "{{.Name}}"),
    list("volume", "ls", "--quiet"),
  ]);
  return { containers, networks, volumes, processes: ownProcesses() };
}

/** What is there now and was not before, in words. Engines' plugins may need a moment to end. */
export async function newSince(before: Surroundings): Promise<string[]> {
  let found: string[] = [];
  await waitFor(
    "what a run has started to end",
    async () => {
      const now = await lookAround();
      found = (["containers", "networks", "volumes", "processes"] as const).flatMap((kind) =>
        now[kind].filter((name) => !before[kind].includes(name)).map((name) => `${kind}: ${name}`),
      );
      return found.length === 0 ? undefined : found.join("; ");
    },
    { limitSeconds: 20 },
  ).catch(() => undefined);
  return found;
}

/**
 * Programs that work in this checkout, but for the tests themselves: "pid command line". Pulumi's language host looks for its
 * engine every five minutes, and ends then.
 */
function ownProcesses(): string[] {
  return readdirSync("/proc").flatMap((pid) => {
    if (!/^\d+$/.test(pid) || pid === String(process.pid)) return [];
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
      const inside = readlinkSync(`/proc/${pid}/cwd`).startsWith(projectRoot);
      const ours = /lifecycle\/main|pulumi|clusterctl|kind|kubectl/.test(command);
      return inside && ours && !command.includes("pulumi-language-")
        ? [`${pid} ${command.slice(0, 160)}`]
        : [];
    } catch {
      return [];
    }
  });
}

/** Byte of an ext4 file system's mark, on a disk without partitions. */
const ext4Mark = 1080;

/** What is wrong with the hosts after a release, by the word of their BMCs and the content of their disks. */
export async function unreleasedHosts(): Promise<string[]> {
  const findings = await Promise.all(
    hosts().map(async (host) => {
      const { powerState } = await readSystem(host);
      const magic = Buffer.alloc(2);
      const disk = openSync(hostFiles(labFiles(), host.name).disk, "r");
      readSync(disk, magic, 0, 2, ext4Mark);
      closeSync(disk);
      return [
        ...(powerState === "Off" ? [] : [`${host.name} is ${powerState}`]),
        ...(magic.toString("hex") === "53ef" ? [`${host.name} has the image on its disk`] : []),
      ];
    }),
  );
  return findings.flat();
}

/** Host on which the target's API endpoint is. */
async function controlPlaneHost() {
  for (const host of hosts()) {
    const addresses = await docker(["exec", host.container, "ip", "-4", "-oneline", "address"]).catch(
      () => "",
    );
    if (addresses.includes(` ${rack.apiEndpoint.address}/`)) return host;
  }
  throw new Error(`no host has ${rack.apiEndpoint.address}`);
}

/** Does something to the cluster behind the program's back. */
export async function harm(what: Harm, kindName: string): Promise<void> {
  if (what === "bootstrap removed") {
    await docker(["rm", "--force", "--volumes", `${kindName}-control-plane`]);
    return;
  }
  const host = await controlPlaneHost();
  await powerOff(host);
  if (what === "control plane wiped") {
    const disk = openSync(hostFiles(labFiles(), host.name).disk, "r+");
    writeSync(disk, Buffer.alloc(4 * 2 ** 20), 0, 4 * 2 ** 20, 0);
    closeSync(disk);
  }
}

/** Puts the rack right after a case that failed, so that the next one begins with hosts that are off, and no image on their disks. */
export async function clearHosts(): Promise<void> {
  for (const host of hosts()) {
    await powerOff(host);
    const disk = openSync(hostFiles(labFiles(), host.name).disk, "r+");
    writeSync(disk, Buffer.alloc(4096));
    closeSync(disk);
  }
}

/** Switches a host off and waits until nothing of it runs. */
async function powerOff(host: HostIdentity): Promise<void> {
  await resetSystem(host, "ForceOff");
  await waitFor(
    `the container of ${host.name} to end`,
    async () => ((await inspectContainer(host.container)) ? "it is there" : undefined),
    { limitSeconds: 60 },
  );
}
