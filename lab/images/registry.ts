import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Image } from "./image";
import { blobPath, fullName, linkOrCopy, readImage } from "./oci";

/**
 * Storage of the lab's registry, in the layout of the distribution registry's file system driver
 * (https://distribution.github.io/distribution/storage-drivers/filesystem/): written directly, so that publishing is a
 * matter of hard links. The registry needs not run, and may.
 */

/** Name and tag of an image in a registry that mirrors all others: without the name of its own registry. Pure. */
export function mirrorName(name: string): { repository: string; tag: string } {
  const full = fullName(name);
  const colon = full.lastIndexOf(":");
  if (colon < full.lastIndexOf("/")) throw new Error(`${name} has no tag`);
  return { repository: full.slice(full.indexOf("/") + 1, colon), tag: full.slice(colon + 1) };
}

/** Where things are in the storage folder. */
function paths(storage: string): { blobs: string; repositories: string } {
  const root = join(storage, "docker/registry/v2");
  return { blobs: join(root, "blobs"), repositories: join(root, "repositories") };
}

/** What was published last, so that an unchanged set costs nothing. */
const record = "published.json";

/**
 * Makes the registry serve exactly these images beside what others have pushed to repositories of their own. Returns
 * the number of repositories that changed.
 */
export function publishImages(storage: string, images: readonly Image[]): number {
  const wanted = new Map<string, Image[]>();
  for (const image of images) {
    const { repository } = mirrorName(image.name);
    wanted.set(repository, [...(wanted.get(repository) ?? []), image]);
  }
  const published = readRecord(storage);
  const next: Record<string, string[]> = {};
  let changed = 0;
  for (const [repository, ofRepository] of wanted) {
    next[repository] = ofRepository.map(
      (image) => `${image.name} ${readImage(image.layout, image.name).descriptor.digest}`,
    );
    const folder = join(paths(storage).repositories, repository);
    if (existsSync(folder) && JSON.stringify(published[repository]) === JSON.stringify(next[repository]))
      continue;
    replaceRepository(storage, folder, ofRepository);
    changed += 1;
  }
  for (const repository of Object.keys(published)) {
    if (repository in next) continue;
    rmSync(join(paths(storage).repositories, repository), { recursive: true, force: true });
    changed += 1;
  }
  if (changed > 0) {
    sweep(storage);
    writeFileSync(join(storage, record), JSON.stringify(next, undefined, 2));
  }
  return changed;
}

function readRecord(storage: string): Record<string, string[]> {
  const file = join(storage, record);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Record<string, string[]>) : {};
}

/** Writes the images of one repository beside the present ones and then takes their place. */
function replaceRepository(storage: string, folder: string, images: readonly Image[]): void {
  const work = `${folder}.new`;
  rmSync(work, { recursive: true, force: true });
  for (const image of images) {
    const { descriptor, manifest } = readImage(image.layout, image.name);
    const { tag } = mirrorName(image.name);
    for (const { digest } of [descriptor, manifest.config, ...manifest.layers]) {
      linkOrCopy(blobPath(image.layout, digest), storedBlob(storage, digest));
    }
    for (const { digest } of [manifest.config, ...manifest.layers]) link(join(work, "_layers"), digest);
    const manifests = join(work, "_manifests");
    link(join(manifests, "revisions"), descriptor.digest);
    link(join(manifests, "tags", tag, "index"), descriptor.digest);
    mkdirSync(join(manifests, "tags", tag, "current"), { recursive: true });
    writeFileSync(join(manifests, "tags", tag, "current", "link"), descriptor.digest);
  }
  rmSync(folder, { recursive: true, force: true });
  renameSync(work, folder);
}

function storedBlob(storage: string, digest: string): string {
  const [algorithm, hex] = digest.split(":") as [string, string];
  return join(paths(storage).blobs, algorithm, hex.slice(0, 2), hex, "data");
}

function link(folder: string, digest: string): void {
  const file = join(folder, ...digest.split(":"), "link");
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, digest);
}

/** Removes blobs that no repository names any more. */
function sweep(storage: string): void {
  const { blobs, repositories } = paths(storage);
  const used = new Set<string>();
  const visit = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) visit(path);
      else if (entry.name === "link") used.add(readFileSync(path, "utf8").trim());
    }
  };
  visit(repositories);
  for (const algorithm of readdirSync(blobs)) {
    for (const prefix of readdirSync(join(blobs, algorithm))) {
      for (const hex of readdirSync(join(blobs, algorithm, prefix))) {
        if (!used.has(`${algorithm}:${hex}`))
          rmSync(join(blobs, algorithm, prefix, hex), { recursive: true });
      }
    }
  }
}
