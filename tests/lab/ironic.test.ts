import { existsSync, openSync, readSync, closeSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { execa } from "execa";
import { diskMiB, hosts, rack } from "../../lab/control/addresses";
import { inspectContainer } from "../../lab/control/docker";
import { hostFiles, labFiles } from "../../lab/control/files";
import { bootLabel } from "../../lab/control/hostContainer";
import { up } from "../../lab/control/lab";
import { waitFor } from "../../lab/control/probe";
import { readSystem, resetSystem } from "../../lab/control/redfish";
import type { Deployment, Ironic } from "./ironic/api";
import { type HostedImage, smallImage } from "./ironic/smallImage";
import { IronicStack } from "./ironic/stack";

/**
 * Ironic and the rack, without Kubernetes: one host through its whole life. The tests build on each other.
 * Limits are wide, for machines with little processor time; nothing waits for longer than it has to.
 */
const limit = { verify: 120, inspect: 240, clean: 240, deploy: 300, userData: 120 };

const files = labFiles();
const [host] = hosts();
if (host === undefined) throw new Error("the rack has no host");
const disk = hostFiles(files, host.name).disk;

let stack: IronicStack;
let ironic: Ironic;
let image: HostedImage;

beforeAll(async () => {
  await up(rack, files, {}, (line) => console.log(line));
  image = await smallImage();
  stack = await IronicStack.start();
  ironic = stack.client();
});

afterAll(async () => {
  await stack?.stop();
  await resetSystem(host, "ForceOff");
});

describe("Ironic and a virtual host", { timeout: 600_000 }, () => {
  test("the API asks for credentials", async () => {
    await expect(ironic.call("GET", "/v1/nodes", undefined, false)).rejects.toMatchObject({ status: 401 });
    expect(await ironic.nodes()).toEqual([]);
  });

  test("a host is enrolled, boots from the network and is inspected", async () => {
    await ironic.enrol(host);
    await ironic.start(host.name, "manage");
    await ironic.reached(host.name, ["manageable"], limit.verify);
    await ironic.start(host.name, "inspect");
    await ironic.reached(host.name, ["manageable"], limit.inspect);

    const { inventory } = await ironic.call<{ inventory: Inventory }>(
      "GET",
      `/v1/nodes/${host.name}/inventory`,
    );
    expect(inventory.interfaces.map(({ mac_address }) => mac_address)).toEqual([host.mac]);
    expect(inventory.disks).toHaveLength(1);
    expect(inventory.disks[0]?.size).toBe(diskMiB * 1024 * 1024);
    expect(inventory.system_vendor.serial_number).toBe(host.name.toUpperCase());
  });

  test("the RAM disk cannot reach a device of the machine", async () => {
    const container = await inspectContainer(host.container);
    expect(container?.labels[bootLabel]).toBe("network");
    const { stdout: privileged } = await execa("docker", [
      "inspect",
      "--format={{.HostConfig.Privileged}} {{len .HostConfig.Devices}}",
      host.container,
    ]);
    expect(privileged).toBe("false 0");
    const { stdout: devices } = await execa("docker", ["exec", host.container, "find", "/dev", "-type", "b"]);
    expect(devices).toBe("");
    const mknod = await execa("docker", ["exec", host.container, "mknod", "/tmp/disk", "b", "8", "0"], {
      reject: false,
    });
    expect(mknod.failed).toBe(true);
  });

  test("a host is cleaned and becomes available", async () => {
    await ironic.start(host.name, "provide");
    await ironic.reached(host.name, ["available"], limit.clean);
    expect(hasFileSystem(disk)).toBe(false);
  });

  test("an image with a wrong checksum is refused and leaves nothing to boot", async () => {
    await ironic.deploy(host.name, deployment(image, { sha256: "0".repeat(64) }));
    const node = await ironic.reached(host.name, ["deploy failed", "active"], limit.deploy);
    expect(node.provision_state).toBe("deploy failed");
    expect(node.last_error).toMatch(/checksum/i);
    expect(hasFileSystem(disk)).toBe(false);
    await ironic.start(host.name, "deleted");
    await ironic.reached(host.name, ["available"], limit.clean);
  });

  test("an image is deployed, boots from the disk and runs the user data", async () => {
    await ironic.deploy(host.name, deployment(image));
    await ironic.reached(host.name, ["active"], limit.deploy);
    await waitFor("the user data's file", () => proofMissing(), { limitSeconds: limit.userData });
    expect(await readSystem(host)).toEqual({ powerState: "On", bootDevice: "Hdd" });
    expect((await inspectContainer(host.container))?.labels[bootLabel]).toBe("disk");
    const { stdout: size } = await execa("docker", [
      "exec",
      host.container,
      "df",
      "--block-size=M",
      "--output=size",
      "/",
    ]);
    // The image has 200 MiB, the disk less the config drive 12224.
    expect(Number(/(\d+)M\s*$/.exec(size)?.[1])).toBeGreaterThan(diskMiB - 1024);
  });

  test("after the database was lost, the host is adopted without being touched", async () => {
    const before = await inspectContainer(host.container);
    await stack.loseDatabase();
    expect(await ironic.nodes()).toEqual([]);
    await ironic.enrol(host);
    await ironic.setImage(host.name, image);
    await ironic.start(host.name, "manage");
    await ironic.reached(host.name, ["manageable"], limit.verify);
    await ironic.start(host.name, "adopt");
    const node = await ironic.reached(host.name, ["active"], limit.verify);
    expect(node.power_state).toBe("power on");
    const after = await inspectContainer(host.container);
    expect({ id: after?.id, startedAt: after?.startedAt, running: after?.running }).toEqual({
      id: before?.id,
      startedAt: before?.startedAt,
      running: true,
    });
    expect(await proofMissing()).toBeUndefined();
  });

  test("the adopted host is undeployed and wiped", async () => {
    expect(hasFileSystem(disk)).toBe(true);
    await ironic.start(host.name, "deleted");
    await ironic.reached(host.name, ["available"], limit.clean);
    expect(hasFileSystem(disk)).toBe(false);
  });
});

interface Inventory {
  readonly interfaces: readonly { mac_address: string }[];
  readonly disks: readonly { size: number }[];
  readonly system_vendor: { serial_number: string };
}

const proof = "written by the user data";

function deployment(of: HostedImage, changes: Partial<Deployment> = {}): Deployment {
  const name = host?.name ?? "";
  return {
    imageUrl: of.imageUrl,
    sha256: of.sha256,
    metaData: { uuid: "6b6f6c65-6e61-4a6e-8000-000000000001", name, hostname: name, "local-hostname": name },
    userData: `#!/bin/bash\necho "${proof}" >/root/proof\n`,
    ...changes,
  };
}

async function proofMissing(): Promise<string | undefined> {
  const { stdout, stderr } = await execa("docker", ["exec", host?.container ?? "", "cat", "/root/proof"], {
    reject: false,
  });
  return stdout === proof ? undefined : stderr || `the file says "${stdout}"`;
}

/** Whether an ext file system begins at the begin of the disk: the magic number of its superblock. */
function hasFileSystem(path: string): boolean {
  if (!existsSync(path)) return false;
  const file = openSync(path, "r");
  try {
    const magic = Buffer.alloc(2);
    readSync(file, magic, 0, 2, 1080);
    return magic.readUInt16LE(0) === 0xef53;
  } finally {
    closeSync(file);
  }
}
