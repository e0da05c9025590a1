import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { artifact, artifactKey, run } from "../setup/cache";
import { debianRelease, type DebianMirror, machineMirror } from "./debian";
import { type Image, keyLabel } from "./image";
import { addFile, addImage, mediaTypes } from "./oci";

/** Name of the image that every Dockerfile of the lab starts from. */
export const baseName = `metal3-lab/base:${debianRelease}`;

/** What all the lab's images share, beside Debian's essential packages and apt. */
const packages = ["bash", "ca-certificates", "curl", "iproute2", "iptables", "nftables", "procps"];

/** What never gets into an image: dpkg skips it in every later installation too. */
export const excludedPaths = [
  "path-exclude=/usr/share/doc/*",
  "path-include=/usr/share/doc/*/copyright",
  "path-exclude=/usr/share/man/*",
  "path-exclude=/usr/share/info/*",
  "path-exclude=/usr/share/locale/*",
  "path-include=/usr/share/locale/locale.alias",
  "path-exclude=/usr/share/i18n/*",
  "path-exclude=/usr/share/lintian/*",
];

/**
 * A minimal Debian, made by mmdebstrap from the machine's own mirror. `apt-get update` and `install` work in builds on
 * top of it (`docker build --network=host`): mirror, keyring and apt settings are those of the machine.
 */
export async function baseImage(): Promise<Image> {
  const mirror = await machineMirror();
  const of = {
    name: `image-base-${debianRelease}`,
    inputs: [debianRelease, ...packages, ...excludedPaths, JSON.stringify(mirror)],
  };
  const key = artifactKey(of);
  const layout = await artifact({ ...of, produce: (dir, log) => bootstrap(dir, log, mirror, key) });
  return { name: baseName, key, layout };
}

/** Arguments of mmdebstrap that every root file system here shares: suite, output and source are appended. Pure. */
export function bootstrapArguments(
  mirror: DebianMirror,
  variant: string,
  include: readonly string[],
): string[] {
  return [
    `--variant=${variant}`,
    `--include=${include.join(",")}`,
    ...mirror.options.map((line) => `--aptopt=${line.replace(/;\s*$/, "")}`),
    '--aptopt=APT::Install-Recommends "false"',
    '--aptopt=Acquire::Languages "none"',
    ...excludedPaths.map((line) => `--dpkgopt=${line}`),
  ];
}

/** The `sources.list` line for a mirror. Pure. */
export function sourceLine(mirror: DebianMirror): string {
  const signed = mirror.keyring === "" ? "" : `[signed-by=${mirror.keyring}] `;
  return `deb ${signed}${mirror.uri} ${debianRelease} main\n`;
}

async function bootstrap(dir: string, log: string, mirror: DebianMirror, key: string): Promise<void> {
  const tmp = join(dir, "tmp");
  mkdirSync(tmp);
  const sources = join(tmp, "sources.list");
  const tar = join(tmp, "root.tar");
  writeFileSync(sources, sourceLine(mirror));
  await run(log, "mmdebstrap", [
    ...bootstrapArguments(mirror, "minbase", packages),
    debianRelease,
    tar,
    sources,
  ]);
  const rootfs = await addFile(dir, tar, mediaTypes.layer);
  rmSync(tmp, { recursive: true });
  addImage(dir, baseName, [rootfs], {
    Cmd: ["/bin/bash"],
    Env: [
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      "DEBIAN_FRONTEND=noninteractive",
    ],
    Labels: { [keyLabel]: key },
  });
}
