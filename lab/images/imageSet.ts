import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { artifact, artifactKey, run } from "../setup/cache";
import { type Image, keyLabel } from "./image";
import { addFile, addImage, type Descriptor, type ImageConfig, mediaTypes } from "./oci";

/** A layer: files that several images of a set can share. */
export interface LayerSpec {
  /** Unique in the set. */
  readonly id: string;
  /** What determines the content, {@link files} apart. */
  readonly inputs: readonly string[];
  /** Files and folders whose names and contents determine the content. */
  readonly files?: readonly string[];
  /** Writes the files into `root`, an empty folder. All of them end up owned by root. */
  readonly stage: (root: string, log: string) => Promise<void> | void;
}

/** An image of a set. */
export interface SetImageSpec {
  /** Upstream name with tag. */
  readonly name: string;
  /** Ids of its layers, the lowest first. */
  readonly layers: readonly string[];
  readonly config: ImageConfig;
}

/** Arguments by which tar's output depends on names, modes and contents alone. */
const deterministic = ["--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner"];

/**
 * Makes a set of images from files, without an engine and without a base image (`FROM scratch`), unless the cache has
 * it. The set is one artifact, so a layer that many of its images share exists once.
 */
export async function imageSet(
  name: string,
  layers: readonly LayerSpec[],
  images: readonly SetImageSpec[],
): Promise<Image[]> {
  const of = {
    name: `images-${name}`,
    inputs: [JSON.stringify(images), ...layers.flatMap((layer) => [layer.id, ...layer.inputs])],
    files: layers.flatMap((layer) => layer.files ?? []),
  };
  const key = artifactKey(of);
  const layout = await artifact({
    ...of,
    produce: async (dir, log) => {
      const made = new Map<string, Descriptor>();
      for (const layer of layers) {
        const root = join(dir, "root");
        const tar = join(dir, "layer.tar");
        mkdirSync(root);
        await layer.stage(root, log);
        await run(log, "tar", [...deterministic, "-C", root, "-cf", tar, "."]);
        rmSync(root, { recursive: true, force: true });
        made.set(layer.id, await addFile(dir, tar, mediaTypes.layer));
      }
      for (const image of images) {
        const stack = image.layers.map((id) => {
          const layer = made.get(id);
          if (layer === undefined) throw new Error(`${image.name} names an unknown layer ${id}`);
          return layer;
        });
        addImage(dir, image.name, stack, {
          ...image.config,
          Labels: { ...image.config.Labels, [keyLabel]: key },
        });
      }
    },
  });
  return images.map((image) => ({ name: image.name, key, layout }));
}
