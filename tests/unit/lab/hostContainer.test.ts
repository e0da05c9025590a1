import { describe, expect, test } from "vitest";
import { hosts, localImages, rack } from "../../../lab/control/addresses";
import { hostFiles, labFiles } from "../../../lab/control/files";
import { runArguments } from "../../../lab/control/hostContainer";

const [host] = hosts(1);
if (host === undefined) throw new Error("no host");
const files = hostFiles(labFiles("/lab"), host.name);

describe("the container of a host", () => {
  test("with the RAM disk is unprivileged, has no device and cannot make one", () => {
    const args = runArguments(rack, host, files, "network", 1);
    expect(args).not.toContain("--privileged");
    expect(args.filter((arg) => /^--(device|pid|ipc|network=host)/.test(arg))).toEqual([]);
    expect(args).toContain("--cap-drop=MKNOD");
    expect(args.filter((arg) => arg.startsWith("--cap-add="))).toEqual([
      "--cap-add=NET_ADMIN",
      "--cap-add=SYS_ADMIN",
    ]);
    // Nothing of the machine but the host's own folder.
    expect(args.filter((arg) => arg.startsWith("--volume="))).toEqual([
      "--volume=/lab/hosts/host-0:/lab/hosts/host-0",
    ]);
  });

  test("with the operating system is privileged, with its own cgroups and the kernel's modules", () => {
    const args = runArguments(rack, host, files, "disk", 1, [], true);
    expect(args).toEqual(
      expect.arrayContaining(["--privileged", "--cgroupns=private", "--volume=/lib/modules:/lib/modules:ro"]),
    );
  });

  test.each(["network", "disk"] as const)(
    "with boot from %s is known by name, MAC address, label and cycle",
    (boot) => {
      const args = runArguments(rack, host, files, boot, 7);
      expect(args).toEqual(
        expect.arrayContaining([
          "--name=metal3-lab-host-0",
          "--mac-address=52:54:00:22:00:01",
          "--network=metal3-lab",
          "metal3-lab=metal3-lab",
          "metal3-lab.host=host-0",
          "metal3-lab.cycle=7",
          `--env=LAB_BOOT=${boot}`,
        ]),
      );
      expect(args.at(-1)).toBe(localImages.host);
    },
  );
});
