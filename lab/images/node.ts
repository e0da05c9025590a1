import { mkdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { run } from "../setup/cache";
import { baseImage } from "./base";
import { moduleFolder } from "./goModules";
import { dockerfileImage, type DockerfileSpec, type Image } from "./image";
import { preload, preloadKey } from "./preload";
import { type Tool, tool } from "./tools";
import { versions } from "./versions";

/** Version of the kind module whose base image files the node image has; that of `lab/toolchain`. */
const kindVersion = "v0.33.0";

const context = "lab/images/node";

/** The stage with what every Kubernetes node has; kind's node image and the host's operating system go on from it. */
export async function nodeCommon(kube: Tool = tool("kube")): Promise<DockerfileSpec> {
  return {
    name: "metal3-lab/node-common",
    context,
    target: "common",
    from: [await baseImage()],
    contexts: { kube: dirname(kube.path) },
    inputs: [kube.key],
  };
}

/** kind's node image, with `preloaded` in its containerd: at least those images that `kubeadm init` needs. */
export async function kindNodeImage(preloaded: readonly Image[]): Promise<Image> {
  const common = await nodeCommon();
  const kindFiles = join(await moduleFolder("sigs.k8s.io/kind", kindVersion), "images/base/files");
  return dockerfileImage({
    ...common,
    name: `kindest/node:${versions.kubernetes}`,
    target: "kind",
    contexts: { ...common.contexts, "kind-files": kindFiles },
    prepare: async (work, log) => {
      const containerd = await preload(work, common, preloaded, log);
      await refuseWhiteouts(containerd);
      const tar = join(work, "tar");
      mkdirSync(tar);
      await run(log, "tar", [
        "--xattrs",
        "--xattrs-include=*",
        "-C",
        containerd,
        "-cf",
        join(tar, "containerd.tar"),
        ".",
      ]);
      return { containerd: tar };
    },
    args: { KUBERNETES_VERSION: versions.kubernetes },
    inputs: [...(common.inputs ?? []), kindVersion, preloadKey(preloaded)],
  });
}

/**
 * A file that a layer deletes from a lower one is a mark in the file system (a device 0:0), which does not survive being
 * part of an image itself: the deleted file would be back. That does no harm where package managers and logs leave their
 * traces, and to the device nodes of an image, which no container sees.
 */
async function refuseWhiteouts(folder: string): Promise<void> {
  const { stdout } = await execa("find", [folder, "-type", "c"]);
  const marks = stdout.split("\n").filter((path) => path !== "");
  const harmful = marks.filter((path) => !/\/fs\/(dev|var\/cache|var\/log|var\/lib\/apt)\//.test(path));
  if (harmful.length > 0) {
    throw new Error(
      `an image deletes files of its lower layers, do that in the layer that brings them:\n${harmful.join("\n")}`,
    );
  }
  for (const path of marks) rmSync(path);
}
