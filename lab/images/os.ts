import { createHash } from "node:crypto";
import {
  createReadStream,
  mkdirSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
  existsSync,
  readFileSync,
  renameSync,
} from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { artifact, artifactKey, run } from "../setup/cache";
import { labDir, projectRoot } from "../setup/paths";
import { determinants, dockerBuild, type DockerfileSpec, type Image } from "./image";
import { nodeCommon } from "./node";
import { linkOrCopy } from "./oci";
import { preload, preloadKey } from "./preload";
import type { Tool } from "./tools";
import { versions } from "./versions";

/** File name of an operating system image, as the image server serves it; a checksum file `<name>.sha256` is beside it. */
export function osImageName(version: string): string {
  return `host-${version}.raw`;
}

/** Kubernetes on an operating system image. */
export interface KubernetesRelease {
  readonly version: string;
  /** Its programs in one file called "kube". */
  readonly kube: Tool;
}

/** The operating system of the bare-metal hosts. */
export interface OsImage {
  /** Version of Kubernetes. */
  readonly version: string;
  readonly key: string;
  /** Raw file system image: ext4, no partition table, as small as its content allows. */
  readonly file: string;
  /** Hex digest of sha256. */
  readonly checksum: string;
}

/** Files that make Debian the operating system of a bare-metal host. */
const machineFiles = join(projectRoot, "lab/images/os/files");

/** Room in the file system beside the content, MiB. The firmware grows it to the disk's size before it is mounted. */
const slackMiB = 48;

/**
 * Makes the image, unless the cache has it. `images` are in its containerd, already unpacked.
 *
 * @param release Default: the lab's Kubernetes.
 */
export async function osImage(images: readonly Image[], release?: KubernetesRelease): Promise<OsImage> {
  const common = await nodeCommon(release?.kube);
  const version = release?.version ?? versions.kubernetes;
  const fileName = osImageName(version);
  const machine: DockerfileSpec = {
    ...common,
    name: "metal3-lab/machine",
    target: "machine",
    contexts: { ...common.contexts, "machine-files": machineFiles },
    files: [machineFiles],
  };
  const of = {
    name: release ? `image-host-os-${version}` : "image-host-os",
    inputs: [...determinants(machine).inputs, preloadKey(images), String(slackMiB)],
    files: determinants(machine).files,
  };
  const key = artifactKey(of);
  const dir = await artifact({
    ...of,
    produce: async (work, log) => {
      const root = join(work, "root");
      const tar = join(work, "root.tar");
      const file = join(work, fileName);
      mkdirSync(root);
      await dockerBuild(machine, ["--output", `type=tar,dest=${tar}`], log);
      await run(log, "tar", ["-C", root, "--numeric-owner", "--xattrs", "--xattrs-include=*", "-xpf", tar]);
      unlinkSync(tar);
      await finish(root, log);
      const state = await preload(work, common, images, log);
      rmSync(join(root, "var/lib/containerd"), { recursive: true });
      renameSync(state, join(root, "var/lib/containerd"));
      await shareKube(root, log);
      await makeFileSystem(root, file, log);
      rmSync(root, { recursive: true, force: true });
      writeFileSync(`${file}.sha256`, `${await sha256(file)}  ${fileName}\n`);
    },
  });
  const file = join(dir, fileName);
  return { version, key, file, checksum: readFileSync(`${file}.sha256`, "utf8").slice(0, 64) };
}

/** What a build in a container cannot do to the root file system, because these files belong to the container engine there. */
async function finish(root: string, log: string): Promise<void> {
  for (const name of ["etc/resolv.conf", "etc/hostname", "etc/hosts"])
    rmSync(join(root, name), { force: true });
  writeFileSync(join(root, "etc/resolv.conf"), "");
  writeFileSync(join(root, "etc/hostname"), "localhost\n");
  writeFileSync(join(root, "etc/hosts"), "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n");
  for (const folder of ["dev", "proc", "sys", "run", "tmp", "oldroot", "lib/modules", "var/lib/containerd"]) {
    mkdirSync(join(root, folder), { recursive: true });
  }
  await run(log, "chmod", ["1777", join(root, "tmp")]);
}

/**
 * Kubernetes' program is on a host twice: for the machine, and in the images of the control plane. Both become one file,
 * which takes 150 MB less of the image, of the disk and of the memory. Nobody writes to either of them.
 */
async function shareKube(root: string, log: string): Promise<void> {
  const script =
    'for copy in var/lib/containerd/*.overlayfs/snapshots/*/fs/usr/local/bin/kube; do if cmp -s usr/bin/kube "$copy"; then ln -f usr/bin/kube "$copy"; fi; done';
  await run(log, "sh", ["-euc", script], { cwd: root });
}

/**
 * Writes an ext4 file system with the content of `root`, without mounting anything, into a file little larger than the
 * content. Its features are known to the e2fsprogs of every Debian that may grow it.
 */
async function makeFileSystem(root: string, file: string, log: string): Promise<void> {
  const used = await usedMiB(root);
  // What inode tables, directories and the journal take depends on the files: the first size that is enough counts.
  for (const overhead of [1.04, 1.08, 1.15, 1.3]) {
    const size = Math.ceil(used * overhead) + slackMiB;
    try {
      rmSync(file, { force: true });
      // prettier-ignore
      await run(log, "mkfs.ext4", [
        "-q", "-F", "-L", "host-root", "-m", "0", "-J", "size=16", "-O", "^metadata_csum_seed,^orphan_file",
        "-E", "lazy_itable_init=1,lazy_journal_init=1,root_owner=0:0", "-d", root, file, `${size}M`,
      ]);
      return;
    } catch (error) {
      if (overhead === 1.3) throw error;
    }
  }
}

async function usedMiB(folder: string): Promise<number> {
  const { execa } = await import("execa");
  const { stdout } = await execa("du", ["-sm", folder]);
  return Number.parseInt(stdout, 10);
}

async function sha256(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash);
  return hash.digest("hex");
}

/** Puts the image and its checksum file where the image server serves them: `.lab/images/os`. */
export function publishOsImage(image: OsImage, folder: string = join(labDir, "images", "os")): string {
  const file = join(folder, osImageName(image.version));
  mkdirSync(folder, { recursive: true });
  for (const [from, to] of [
    [image.file, file],
    [`${image.file}.sha256`, `${file}.sha256`],
  ] as const) {
    if (existsSync(to) && sameFile(from, to)) continue;
    rmSync(to, { force: true });
    linkOrCopy(from, to);
  }
  return file;
}

function sameFile(one: string, other: string): boolean {
  const [a, b] = [statSync(one), statSync(other)];
  return (a.dev === b.dev && a.ino === b.ino) || (a.size === b.size && a.mtimeMs === b.mtimeMs);
}
