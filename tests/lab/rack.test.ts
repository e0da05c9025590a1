import { copyFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, constants } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { defineRack, diskMiB, type HostIdentity, labLabel } from "../../lab/control/addresses";
import { controllerProcesses } from "../../lab/control/controllerProcess";
import { type ContainerState, docker, inspectContainer, removeContainers } from "../../lab/control/docker";
import { addFault, mendFaults } from "../../lab/control/faults";
import { hostFiles, labFiles } from "../../lab/control/files";
import { bootLabel } from "../../lab/control/hostContainer";
import { down, up } from "../../lab/control/lab";
import { waitFor } from "../../lab/control/probe";
import { readSystem, resetSystem, setBootDevice } from "../../lab/control/redfish";
import { status } from "../../lab/control/status";
import { smallImage } from "./ironic/smallImage";

/**
 * Power and boot of the virtual hosts, on a rack of its own beside the lab's: its power controller is killed here, and
 * the rack taken down. The host boots a small operating system from its disk.
 */
const rack = defineRack("metal3-rack-test", "172.23.77.0/24");
const limitSeconds = 60;

let root: string;
let host: HostIdentity;
const filesOf = () => labFiles(root);

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "rack-test-"));
  await down(rack, filesOf());
  [host] = (await up(rack, filesOf(), { hostCount: 1 }, (line) => console.log(line))) as [HostIdentity];
  const { disk } = hostFiles(filesOf(), host.name);
  const { file } = await smallImage();
  copyFileSync(file, disk, constants.COPYFILE_FICLONE);
  truncateSync(disk, diskMiB * 1024 * 1024);
});

afterAll(async () => {
  await down(rack, filesOf());
  rmSync(root, { recursive: true, force: true });
});

describe("power of a virtual host", { timeout: 300_000 }, () => {
  test("is off in a new rack", async () => {
    expect(await status(filesOf())).toMatchObject([{ host: host.name, power: "Off", container: "-" }]);
  });

  test("on, with the disk as boot device, boots the disk", async () => {
    await resetSystem(host, "On");
    const container = await booted();
    expect(container.labels[bootLabel]).toBe("disk");
    // Every disk of the machine is out of sight, and its emergency switch.
    const { stdout } = await execa("docker", [
      "exec",
      host.container,
      "find",
      "/dev",
      "-type",
      "b",
      "!",
      "-name",
      "loop*",
    ]);
    expect(stdout).toBe("");
    expect(await status(filesOf())).toMatchObject([{ power: "On", bootDevice: "Hdd" }]);
  });

  test("reset starts it anew", async () => {
    const before = await booted();
    await resetSystem(host, "ForceRestart");
    expect((await booted(before)).id).not.toBe(before.id);
  });

  test("a reboot from inside starts it anew and leaves the power on", async () => {
    const before = await booted();
    await inside("touch /run/do-reboot");
    await booted(before);
    expect((await readSystem(host)).powerState).toBe("On");
  });

  test("a power-off from inside is what the BMC reports", async () => {
    await inside("touch /run/do-poweroff");
    await reports("Off");
    await gone();
  });

  test("a host that loses its power is what the BMC reports", async () => {
    await resetSystem(host, "On");
    await booted();
    await removeContainers([host.container]);
    await reports("Off");
  });

  test("a reset for the network boot starts the unprivileged container, off ends it", async () => {
    await setBootDevice(host, "Pxe");
    await resetSystem(host, "On");
    await waitFor(
      "the network boot",
      async () => {
        const container = await inspectContainer(host.container);
        return container?.running && container.labels[bootLabel] === "network" ? undefined : "not running";
      },
      { limitSeconds },
    );
    const { stdout } = await execa("docker", [
      "inspect",
      "--format={{.HostConfig.Privileged}}",
      host.container,
    ]);
    expect(stdout).toBe("false");
    await waitFor(
      "the firmware to ask for an address",
      () => Promise.resolve(consoleHas("DHCP: no answer")),
      {
        limitSeconds,
      },
    );
    await setBootDevice(host, "Hdd");
    await resetSystem(host, "ForceOff");
    await gone();
  });
});

describe("a fault", { timeout: 300_000 }, () => {
  const files = () => hostFiles(filesOf(), host.name);

  test("no-boot hangs the firmware from the next power-on, and for good until the power goes", async () => {
    addFault(files(), "no-boot");
    await resetSystem(host, "On");
    await waitFor("the hang", () => Promise.resolve(consoleEndsWith("self-test: memory training...")), {
      limitSeconds,
    });
    const hanging = await inspectContainer(host.container);
    mendFaults(files());
    expect((await inspectContainer(host.container))?.id).toBe(hanging?.id);
    expect((await status(filesOf()))[0]?.faults).toBe("-");
    await resetSystem(host, "ForceRestart");
    await booted(hanging);
    await resetSystem(host, "ForceOff");
    await gone();
  });

  test("bmc-login makes the BMC of that host refuse the right password", async () => {
    addFault(files(), "bmc-login");
    await expect(readSystem(host)).rejects.toThrow(/answered 401/);
    expect((await status(filesOf()))[0]).toMatchObject({
      faults: "bmc-login",
      power: expect.stringContaining("401") as string,
    });
    mendFaults(files(), "bmc-login");
    expect((await readSystem(host)).powerState).toBe("Off");
  });
});

describe("the power controller, killed", { timeout: 300_000 }, () => {
  const kill = async (): Promise<void> => {
    for (const pid of controllerProcesses(filesOf())) process.kill(pid, "SIGKILL");
    await waitFor(
      "the power controller to be gone",
      () => Promise.resolve(controllerProcesses(filesOf()).length === 0 ? undefined : "it runs"),
      { limitSeconds },
    );
  };
  const restart = () => up(rack, filesOf(), { hostCount: 1 }, () => undefined);

  test("leaves a running host alone, before and after its restart", async () => {
    await resetSystem(host, "On");
    const before = await booted();
    await kill();
    await restart();
    const after = await booted();
    expect([after.id, after.startedAt]).toEqual([before.id, before.startedAt]);
  });

  test("no power change is taken meanwhile: the request fails and nothing has changed", async () => {
    const before = await booted();
    await kill();
    await expect(resetSystem(host, "ForceOff")).rejects.toThrow(/power controller/);
    await restart();
    expect((await booted()).id).toBe(before.id);
    expect((await readSystem(host)).powerState).toBe("On");
  });

  test("a reboot from inside meanwhile is made up for", async () => {
    const before = await booted();
    await kill();
    await inside("touch /run/do-reboot");
    await restart();
    await booted(before);
  });

  test("a power-off from inside meanwhile is reported afterwards", async () => {
    await kill();
    await inside("touch /run/do-poweroff");
    await restart();
    await reports("Off");
    await gone();
  });
});

describe("taking the rack down", { timeout: 300_000 }, () => {
  test("leaves nothing, also with a running host and a killed power controller", async () => {
    await resetSystem(host, "On");
    await booted();
    for (const pid of controllerProcesses(filesOf())) process.kill(pid, "SIGKILL");
    await down(rack, filesOf());
    expect(controllerProcesses(filesOf())).toEqual([]);
    // It listens to the engine through a child, which must have died with it.
    const { stdout: processes } = await execa("ps", ["-eo", "args"]);
    expect(processes).not.toContain(`label=${labLabel}=${rack.name}`);
    for (const list of [
      ["ps", "-aq"],
      ["network", "ls", "-q"],
      ["volume", "ls", "-q"],
    ]) {
      expect(await docker([...list, "--filter", `label=${labLabel}=${rack.name}`])).toBe("");
    }
    const { stdout: loops } = await execa("losetup", ["--list", "--noheadings", "--output", "BACK-FILE"]);
    expect(loops).not.toContain(root);
    // Once more: there is nothing left to remove.
    expect(await down(rack, filesOf())).toEqual({
      processes: 0,
      containers: [],
      networks: [],
      volumes: [],
      loopDevices: [],
    });
  });

  test("a subnet in use is refused with the remedy", async () => {
    const taken = defineRack("metal3-rack-test", "172.17.0.0/24");
    await expect(up(taken, filesOf(), { hostCount: 1 }, () => undefined)).rejects.toThrow(
      /172\.17\.0\.0\/24 is in use: docker network bridge/,
    );
  });
});

/** Waits until the small operating system is up, in another container than `before` when that is given. */
async function booted(before?: ContainerState): Promise<ContainerState> {
  let found: ContainerState | undefined;
  await waitFor(
    `${host.name} to boot from its disk`,
    async () => {
      found = await inspectContainer(host.container);
      if (found === undefined || !found.running) return "no container";
      if (found.id === before?.id) return "the container of before";
      const shell = await execa("docker", ["exec", host.container, "test", "-e", "/run/small-up"], {
        reject: false,
      });
      return shell.failed ? "not up" : undefined;
    },
    { limitSeconds, evidence: () => Promise.resolve(consoleTail()) },
  );
  if (found === undefined) throw new Error("no container");
  return found;
}

async function inside(command: string): Promise<void> {
  await execa("docker", ["exec", host.container, "sh", "-c", command]);
}

async function reports(power: "On" | "Off"): Promise<void> {
  await waitFor(
    `the BMC to report ${power}`,
    async () => {
      const { powerState } = await readSystem(host);
      return powerState === power ? undefined : powerState;
    },
    { limitSeconds, evidence: () => Promise.resolve(readFileSync(filesOf().controllerLog, "utf8")) },
  );
}

async function gone(): Promise<void> {
  await waitFor(
    `the container of ${host.name} to be gone`,
    async () => ((await inspectContainer(host.container)) === undefined ? undefined : "it is there"),
    { limitSeconds },
  );
}

function consoleHas(text: string): string | undefined {
  return consoleText().includes(text) ? undefined : consoleTail();
}

function consoleEndsWith(text: string): string | undefined {
  return consoleText().trimEnd().endsWith(text) ? undefined : consoleTail();
}

function consoleTail(): string {
  return consoleText().split("\n").slice(-10).join("\n");
}

function consoleText(): string {
  return readFileSync(hostFiles(filesOf(), host.name).console, "utf8");
}
