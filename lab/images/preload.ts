import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { hashOf, run } from "../setup/cache";
import { projectRoot } from "../setup/paths";
import { dockerBuild, type DockerfileSpec, type Image } from "./image";
import { mergeImages } from "./oci";

const script = join(projectRoot, "lab/images/preload.sh");

/** Hash of what {@link preload} makes of these images: containerd's folder has the same format in all its releases. */
export function preloadKey(images: readonly Image[]): string {
  return hashOf([readFileSync(script, "utf8"), ...images.flatMap((image) => [image.name, image.key])]);
}

/**
 * Imports images into a containerd that never ran on a node, and keeps what it wrote, ready to be put at
 * `/var/lib/containerd` of a node. The images are unpacked and their layers are not kept beside that, so a node neither
 * pulls nor unpacks them, and they take their plain size once.
 *
 * @param work folder for the result; the folder returned is in it, owned by root
 * @param host image with containerd
 */
export async function preload(
  work: string,
  host: DockerfileSpec,
  images: readonly Image[],
  log: string,
): Promise<string> {
  const tag = `metal3-lab/preload:${preloadKey(images)}`;
  const layout = join(work, "layout");
  const folder = join(work, "containerd");
  mkdirSync(layout);
  mkdirSync(folder);
  mergeImages(layout, images);
  await dockerBuild(host, ["--tag", tag], log);
  try {
    // prettier-ignore
    await run(log, "docker", [
      "run", "--rm", "--label=metal3-lab", "--privileged", "--network=none", "--entrypoint=/bin/sh",
      `--volume=${script}:/preload.sh:ro`, `--volume=${layout}:/layout:ro`,
      `--volume=${folder}:/var/lib/containerd`, tag, "/preload.sh",
    ]);
  } finally {
    await execa("docker", ["rmi", tag], { reject: false });
  }
  rmSync(layout, { recursive: true });
  return folder;
}
