import { createHash } from "node:crypto";
import { createReadStream, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { localImages, rack, url } from "../../../lab/control/addresses";
import { labFiles } from "../../../lab/control/files";

/** A host image on the lab's image server. */
export interface HostedImage {
  readonly file: string;
  readonly imageUrl: string;
  readonly sha256: string;
}

/**
 * The init of the smallest operating system that keeps the host contract: it runs the config drive's user data as a
 * shell script and stays, until it is asked to power off or to reboot by a file, as no `systemctl` is there.
 */
const init = `#!/bin/bash
echo "small: init of $(cat /proc/sys/kernel/hostname)" >/dev/console
user_data=/var/lib/cloud/seed/config_drive/openstack/latest/user_data
if [ -f $user_data ] && [ ! -e /var/lib/user-data-ran ]; then
  touch /var/lib/user-data-ran
  bash $user_data >/dev/console 2>&1
fi
echo "small: up" >/dev/console
touch /run/small-up
while :; do
  if [ -e /run/do-poweroff ]; then exit 130; fi
  if [ -e /run/do-reboot ]; then exit 129; fi
  sleep 0.2
done
`;

/** Makes the image: raw ext4 of minimal size, without a partition table, as the lab's hosts want it. Made once. */
export async function smallImage(): Promise<HostedImage> {
  const folder = labFiles().osImages;
  const file = join(folder, "small.raw");
  mkdirSync(folder, { recursive: true });
  if (!existsSync(file)) await build(file);
  return { file, imageUrl: `${url(rack.imageServer)}/small.raw`, sha256: await sha256(file) };
}

async function build(file: string): Promise<void> {
  const work = mkdtempSync(join(tmpdir(), "small-image-"));
  try {
    const root = join(work, "root");
    mkdirSync(root);
    const { stdout: container } = await execa("docker", ["create", localImages.base, "true"]);
    try {
      await execa("sh", [
        "-c",
        `docker export ${container} | tar -x -C "$1" --exclude=dev/* --exclude=proc/*`,
        "sh",
        root,
      ]);
    } finally {
      await execa("docker", ["rm", container]);
    }
    rmSync(join(root, "sbin/init"), { force: true });
    writeFileSync(join(root, "sbin/init"), init, { mode: 0o755 });
    const part = join(work, "small.raw");
    await execa("mke2fs", ["-q", "-t", "ext4", "-d", root, part, "200M"]);
    await execa("cp", ["--sparse=always", part, file]);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function sha256(file: string): Promise<string> {
  const digest = createHash("sha256");
  for await (const chunk of createReadStream(file)) digest.update(chunk as Buffer);
  return digest.digest("hex");
}
