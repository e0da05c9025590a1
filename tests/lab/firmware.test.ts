import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { defineRack, type HostIdentity, hosts } from "../../lab/control/addresses";
import { docker, inspectContainer, labelArguments, removeContainers } from "../../lab/control/docker";
import { type HostFiles, hostFiles, labFiles } from "../../lab/control/files";
import { exitCodes, startHost } from "../../lab/control/hostContainer";
import { ensureNetwork, removeNetworks } from "../../lab/control/network";
import { waitFor } from "../../lab/control/probe";

/**
 * The firmware's network boot against DHCP, TFTP and HTTP servers with boot scripts of the shape that Ironic writes, on
 * a network of its own. No BMC and no Ironic take part.
 */
const rack = defineRack("metal3-fw-test", "172.23.78.0/24");
const [host] = hosts(1, rack) as [HostIdentity];
const server = "metal3-fw-test-server";
const base = `http://${rack.ironic}:6180`;
const limitSeconds = 60;

let root: string;
let files: HostFiles;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "firmware-test-"));
  files = hostFiles(labFiles(root), host.name);
  for (const folder of [files.folder, join(root, "html/pxelinux.cfg"), join(root, "tftp")]) {
    mkdirSync(folder, { recursive: true });
  }
  writeFileSync(files.disk, "");
  writeFileSync(join(root, "tftp/snponly.efi"), "loader");
  writeFileSync(join(root, "nginx.conf"), nginxConfig);
  // Ironic's boot.ipxe: by MAC address, else the fallback.
  put(
    "boot.ipxe",
    "#!ipxe\n\nchain pxelinux.cfg/${mac:hexhyp} || goto fallback\n:fallback\nchain inspector.ipxe | goto boot_failed\n:boot_failed\nexit\n",
  );
  await removeContainers([server, host.container]);
  await ensureNetwork(rack);
  await docker([
    ...["run", "--detach", "--init", `--name=${server}`, `--network=${rack.name}`, `--ip=${rack.ironic}`],
    ...labelArguments(rack.name),
    ...["--user=0", "--cap-add=NET_ADMIN", "--cap-add=NET_RAW", `--volume=${root}:/test:ro`],
    ...["quay.io/metal3-io/ironic:release-39.0", "sh", "-c"],
    `nginx -c /test/nginx.conf & exec dnsmasq ${dnsmasqArguments.join(" ")}`,
  ]);
  await waitFor(
    "the web server",
    async () => ((await fetch(`${base}/boot.ipxe`)).ok ? undefined : "an error"),
    {
      limitSeconds,
    },
  );
});

afterAll(async () => {
  await removeContainers([server, host.container]);
  await removeNetworks(rack);
  rmSync(root, { recursive: true, force: true });
});

beforeEach(async () => {
  await removeContainers([host.container]);
  for (const name of [
    `pxelinux.cfg/${host.mac.replaceAll(":", "-")}`,
    "inspector.ipxe",
    "kernel",
    "initrd",
  ]) {
    rmSync(join(root, "html", name), { force: true });
  }
  writeFileSync(files.console, "");
});

describe("the firmware's network boot", { timeout: 120_000 }, () => {
  test("of a script that says so ends for the disk", async () => {
    putHostScript(script("boot_whole_disk"));
    await startHost(rack, host, files, "network", 1);
    await waitFor(
      "the firmware to end",
      async () => {
        const found = await inspectContainer(host.container);
        return found?.running === false ? undefined : consoleText();
      },
      { limitSeconds },
    );
    expect((await inspectContainer(host.container))?.exitCode).toBe(exitCodes.bootDisk);
  });

  test("of a deployment gives the RAM disk the script's command line", async () => {
    put("kernel", "kernel");
    put("initrd", "initrd");
    putHostScript(script("deploy"));
    await startHost(rack, host, files, "network", 2);
    await said("starting ironic-python-agent");
    expect(await docker(["exec", host.container, "cat", "/proc/cmdline"])).toBe(
      `selinux=0 ipa-api-url=https://ironic BOOTIF=${host.mac} initrd=deploy_ramdisk`,
    );
  });

  test("tries again until kernel and initrd are there", async () => {
    putHostScript(script("deploy"));
    await startHost(rack, host, files, "network", 3);
    await said("network boot attempt 1 failed");
    put("kernel", "kernel");
    put("initrd", "initrd");
    await said("starting ironic-python-agent");
  });

  test("of a host without a script of its own takes the fallback", async () => {
    put("kernel", "kernel");
    put("initrd", "initrd");
    put(
      "inspector.ipxe",
      `#!ipxe\n\n:inspect\nimgfree\nkernel --timeout 60000 ${base}/kernel BOOTIF=\${mac} inspecting=1 || goto inspect\n` +
        `initrd --timeout 60000 ${base}/initrd || goto inspect\nboot\n`,
    );
    await startHost(rack, host, files, "network", 4);
    await said("starting ironic-python-agent");
    expect(await docker(["exec", host.container, "cat", "/proc/cmdline"])).toBe(
      `BOOTIF=${host.mac} inspecting=1`,
    );
  });
});

/** The boot script that Ironic writes for a host, reduced to its sections. */
function script(first: "deploy" | "boot_whole_disk"): string {
  return `#!ipxe

set attempt:int32 0
goto ${first}

:deploy
imgfree
kernel --timeout 60000 ${base}/kernel selinux=0 ipa-api-url=https://ironic BOOTIF=\${mac} initrd=deploy_ramdisk || goto retry

initrd --timeout 60000 ${base}/initrd || goto retry
boot

:retry
goto deploy

:boot_whole_disk
sanboot --no-describe
`;
}

function put(name: string, content: string): void {
  writeFileSync(join(root, "html", name), content);
}

function putHostScript(content: string): void {
  put(`pxelinux.cfg/${host.mac.replaceAll(":", "-")}`, content);
}

async function said(text: string): Promise<void> {
  await waitFor(
    `the console to say "${text}"`,
    () => Promise.resolve(consoleText().includes(text) ? undefined : consoleText()),
    { limitSeconds },
  );
}

function consoleText(): string {
  return readFileSync(files.console, "utf8");
}

// Both servers as root: the test's folder is nobody else's.
const nginxConfig = `user root;
daemon off;
pid /tmp/nginx.pid;
events {}
http { access_log off; server { listen 6180; root /test/html; } }
`;

const dnsmasqArguments = [
  "--no-daemon",
  "--user=root",
  "--conf-file=/dev/null",
  "--port=0",
  "--interface=eth0",
  "--no-ping",
  `--dhcp-range=${rack.dhcp.first},${rack.dhcp.last},255.255.255.0`,
  "--dhcp-leasefile=/tmp/leases",
  "--enable-tftp",
  "--tftp-root=/test/tftp",
  "--dhcp-match=set:ipxe,175",
  "--dhcp-match=set:efi,option:client-arch,7",
  `--dhcp-boot=tag:!ipxe,tag:efi,/snponly.efi,${rack.ironic}`,
  `--dhcp-boot=tag:ipxe,${base}/boot.ipxe`,
];
