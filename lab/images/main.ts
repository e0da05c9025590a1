import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { labDir, setupLogDir } from "../setup/paths";
import { clock, note, track } from "../setup/progress";
import { catalog, imagesFor } from "./catalog";
import { earlierIsMade, earlierRelease } from "./earlier";
import { type Image, inEngine, loadIntoEngine } from "./image";
import { type OsImage, osImage, publishOsImage } from "./os";
import { publishImages } from "./registry";

/** Everything that the lab runs from, and where it lies. */
export interface BuiltImages {
  /** By group, see `catalog.ts`. */
  readonly images: ReadonlyMap<string, readonly Image[]>;
  readonly os: OsImage;
  /** Storage folder of the registry. */
  readonly registry: string;
  /** The operating system image, as the image server serves it. */
  readonly osFile: string;
}

/** Options of {@link buildImages}. */
export interface BuildOptions {
  /** Also what it takes to begin with the earlier Kubernetes. Default: only where that was built before. */
  readonly earlier?: boolean;
}

/**
 * Builds every image of the lab that the cache does not have, loads those that the container engine runs, publishes the
 * others in the registry's storage, and puts the hosts' operating system where the image server serves it. What is
 * unchanged costs a look.
 */
export async function buildImages(lab: string = labDir, options: BuildOptions = {}): Promise<BuiltImages> {
  const begin = Date.now();
  const images = new Map<string, readonly Image[]>();
  for (const group of catalog) images.set(group.name, await group.build(images));
  const os = await osImage(imagesFor("host", images));
  const earlier = options.earlier || (await earlierIsMade()) ? await earlierRelease(images) : undefined;

  mkdirSync(setupLogDir, { recursive: true });
  for (const image of imagesFor("engine", images)) {
    if (await inEngine(image)) continue;
    const log = join(setupLogDir, "engine-load.log");
    await track(image.name, "loading into the container engine", () => loadIntoEngine(image, log), log);
  }
  const registry = join(lab, "registry");
  mkdirSync(registry, { recursive: true });
  const changed = publishImages(registry, [...imagesFor("registry", images), ...(earlier?.images ?? [])]);
  if (earlier) publishOsImage(earlier.os, join(lab, "images", "os"));
  const osFile = publishOsImage(os, join(lab, "images", "os"));
  const count = [...images.values()].reduce((sum, group) => sum + group.length, 0);
  note(
    "images",
    `${count} images and the hosts' operating system are ready (${changed} repositories changed), ${clock(Date.now() - begin)}`,
  );
  return { images, os, registry, osFile };
}

/** The images and where they are wanted, for people. */
function list(): void {
  for (const group of catalog) process.stdout.write(`${group.name}: ${group.destinations.join(", ")}\n`);
}

async function main(): Promise<void> {
  const program = new Command("images").description(
    "Builds the lab's container images and operating system image",
  );
  program
    .command("build", { isDefault: true })
    .description("build what is missing")
    .action(async () => void (await buildImages()));
  program.command("list").description("list the groups of images").action(list);
  await program.parseAsync();
}

if (require.main === module) {
  main().catch((error: unknown) => {
    note("images", `failed: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(1);
  });
}
