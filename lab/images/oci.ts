import { createHash } from "node:crypto";
import {
  createReadStream,
  existsSync,
  linkSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";

/**
 * OCI image layouts (https://github.com/opencontainers/image-spec/blob/main/image-layout.md) as plain folders. Layers are
 * not compressed: a node on the same machine unpacks them at the speed of the disk, and nothing spends time on gzip.
 *
 * Each layout also holds the `manifest.json` of `docker save`, so that `docker load` takes the same folder as a tar.
 */

/** What a container of the image runs and how; the `config` of the OCI image configuration. */
export interface ImageConfig {
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
  readonly Env?: readonly string[];
  /** `uid` or `uid:gid`. */
  readonly User?: string;
  readonly WorkingDir?: string;
  readonly Labels?: Readonly<Record<string, string>>;
}

/** Reference to a blob, as it stands in manifests and indexes. */
export interface Descriptor {
  readonly mediaType: string;
  /** `sha256:<hex>`. */
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
}

interface Manifest {
  readonly schemaVersion: 2;
  readonly mediaType: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

export const mediaTypes = {
  index: "application/vnd.oci.image.index.v1+json",
  manifest: "application/vnd.oci.image.manifest.v1+json",
  config: "application/vnd.oci.image.config.v1+json",
  layer: "application/vnd.oci.image.layer.v1.tar",
} as const;

/** The annotation by which containerd's importer names an image. */
const nameAnnotation = "io.containerd.image.name";

/** Full name of an image as containerd knows it: `docker.io/library/x:1` for `x:1`. Pure. */
export function fullName(name: string): string {
  const [first, ...rest] = name.split("/");
  if (first === undefined || rest.length === 0) return `docker.io/library/${name}`;
  return /[.:]/.test(first) || first === "localhost" ? name : `docker.io/${name}`;
}

/** Path of a blob in a layout. */
export function blobPath(layout: string, digest: string): string {
  return join(layout, "blobs", ...digest.split(":"));
}

/** Moves a file into the layout's blobs and describes it. */
export async function addFile(layout: string, file: string, mediaType: string): Promise<Descriptor> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash);
  const digest = `sha256:${hash.digest("hex")}`;
  const target = blobPath(layout, digest);
  mkdirSync(dirname(target), { recursive: true });
  renameSync(file, target);
  return { mediaType, digest, size: statSync(target).size };
}

function addJson(layout: string, value: unknown, mediaType: string): Descriptor {
  const text = JSON.stringify(value);
  const digest = `sha256:${createHash("sha256").update(text).digest("hex")}`;
  const target = blobPath(layout, digest);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, text);
  return { mediaType, digest, size: Buffer.byteLength(text) };
}

/**
 * Adds an image whose layers are already among the blobs: configuration, manifest, entries in `index.json` and
 * `manifest.json`. The result depends on the arguments alone (no dates).
 */
export function addImage(
  layout: string,
  name: string,
  layers: readonly Descriptor[],
  config: ImageConfig,
): void {
  const configBlob = addJson(
    layout,
    {
      created: "1970-01-01T00:00:00Z",
      architecture: "amd64",
      os: "linux",
      config: {
        ...config,
        Env: config.Env ?? ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
      },
      rootfs: { type: "layers", diff_ids: layers.map((layer) => layer.digest) },
    },
    mediaTypes.config,
  );
  addToIndex(layout, name, configBlob, layers);
}

function addToIndex(layout: string, name: string, config: Descriptor, layers: readonly Descriptor[]): void {
  const manifest: Manifest = { schemaVersion: 2, mediaType: mediaTypes.manifest, config, layers };
  const descriptor = addJson(layout, manifest, mediaTypes.manifest);
  writeFileSync(join(layout, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
  writeManifests(layout, [
    ...readManifests(layout),
    { ...descriptor, annotations: { [nameAnnotation]: fullName(name) } },
  ]);
  const loadable = join(layout, "manifest.json");
  const images = existsSync(loadable) ? (JSON.parse(readFileSync(loadable, "utf8")) as unknown[]) : [];
  const paths = layers.map((layer) => inLayout(layer.digest));
  writeFileSync(
    loadable,
    JSON.stringify([...images, { Config: inLayout(config.digest), RepoTags: [name], Layers: paths }]),
  );
}

function readManifests(layout: string): Descriptor[] {
  const file = join(layout, "index.json");
  if (!existsSync(file)) return [];
  return (JSON.parse(readFileSync(file, "utf8")) as { manifests: Descriptor[] }).manifests;
}

function writeManifests(layout: string, manifests: readonly Descriptor[]): void {
  writeFileSync(
    join(layout, "index.json"),
    JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.index, manifests }),
  );
}

function inLayout(digest: string): string {
  return `blobs/${digest.replace(":", "/")}`;
}

/**
 * Turns an unpacked `docker save` of one image into a layout, in place. Takes the formats of engines before 25 (a folder
 * for each layer) and since (blobs).
 */
export async function normalizeDockerSave(layout: string, name: string): Promise<void> {
  const [saved] = JSON.parse(readFileSync(join(layout, "manifest.json"), "utf8")) as {
    Config: string;
    Layers: string[];
  }[];
  if (saved === undefined) throw new Error(`docker save of ${name} holds no image`);
  const layers = new Map<string, Descriptor>();
  for (const layer of saved.Layers) {
    if (!layers.has(layer)) layers.set(layer, await addFile(layout, join(layout, layer), mediaTypes.layer));
  }
  const config = await addFile(layout, join(layout, saved.Config), mediaTypes.config);
  for (const extra of ["repositories", "index.json", "manifest.json"])
    rmSync(join(layout, extra), { force: true });
  addToIndex(
    layout,
    name,
    config,
    saved.Layers.map((layer) => layers.get(layer)!),
  );
}

/** An image's manifest in a layout, and its descriptor. A layout without the image is an error. */
export function readImage(layout: string, name: string): { descriptor: Descriptor; manifest: Manifest } {
  const descriptor = readManifests(layout).find(
    (one) => one.annotations?.[nameAnnotation] === fullName(name),
  );
  if (descriptor === undefined) throw new Error(`${layout} holds no image ${fullName(name)}`);
  return {
    descriptor,
    manifest: JSON.parse(readFileSync(blobPath(layout, descriptor.digest), "utf8")) as Manifest,
  };
}

/** Puts images of several layouts into one, blobs that they share once; blobs are hard links where that is possible. */
export function mergeImages(target: string, images: readonly { name: string; layout: string }[]): void {
  const manifests: Descriptor[] = [];
  for (const { name, layout } of images) {
    const { descriptor, manifest } = readImage(layout, name);
    manifests.push(descriptor);
    for (const { digest } of [descriptor, manifest.config, ...manifest.layers]) {
      linkOrCopy(blobPath(layout, digest), blobPath(target, digest));
    }
  }
  writeFileSync(join(target, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
  writeManifests(target, manifests);
}

/** Makes `to` a hard link to `from`, or a copy on another file system. Nothing happens when `to` exists. */
export function linkOrCopy(from: string, to: string): void {
  if (existsSync(to)) return;
  mkdirSync(dirname(to), { recursive: true });
  try {
    linkSync(from, to);
  } catch (error) {
    if (
      (error as NodeJS.ErrnoException).code !== "EXDEV" &&
      (error as NodeJS.ErrnoException).code !== "EPERM"
    )
      throw error;
    copyFileSync(from, to);
  }
}
