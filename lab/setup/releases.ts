import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { artifact, type ArtifactSpec, isMade, run } from "./cache";
import { note } from "./progress";
import { officialDownloads } from "./reach";

/** A released archive that brings several tools. */
interface Release {
  readonly name: string;
  readonly version: string;
  /** Tools that need not be built when the release is there: their names in the folder of the archive. */
  readonly tools: readonly string[];
  /** Folder inside the archive. */
  readonly folder: string;
  /** Archive and its sha256 by Node's name of the architecture. */
  readonly archives: Readonly<Record<string, { readonly url: string; readonly sha256: string }>>;
}

const pulumiArchive = (architecture: string) =>
  `https://github.com/pulumi/pulumi/releases/download/v3.259.0/pulumi-v3.259.0-linux-${architecture}.tar.gz`;

/** Releases that stand in for a long build. The checksums are those of Pulumi's own Homebrew formula. */
const releases: readonly Release[] = [
  {
    name: "pulumi",
    version: "3.259.0",
    tools: ["pulumi", "pulumi-language-nodejs"],
    folder: "pulumi",
    archives: {
      x64: {
        url: pulumiArchive("x64"),
        sha256: "94ba357acac23d01474084c4b00098dc0f7bc70ce13f34c777459254a5f718e5",
      },
      arm64: {
        url: pulumiArchive("arm64"),
        sha256: "edc8327463a72160bb36cf82cf5062da9c8a244290a706d9980988e7bf486853",
      },
    },
  },
];

/** Minutes in which an archive has to arrive. */
const downloadLimit = 5;

/**
 * Tools taken from official releases, by name: those in the cache, and those that can be downloaded now. `isBuilt` tells
 * which need no download because they were built here before. A failed download is told and its tools are built.
 */
export async function releasedTools(
  isBuilt: (tool: string) => boolean,
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const release of releases) {
    const archive = release.archives[process.arch];
    if (archive === undefined || process.platform !== "linux") continue;
    const spec = releaseArtifact(release, archive);
    if (!isMade(spec) && (release.tools.every(isBuilt) || !(await officialDownloads()))) continue;
    try {
      const dir = await artifact(spec);
      for (const tool of release.tools) found.set(tool, join(dir, tool));
    } catch (error) {
      note(
        release.name,
        `no release, building it: ${error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error)}`,
      );
    }
  }
  return found;
}

function releaseArtifact(
  { name, version, folder, tools }: Release,
  { url, sha256 }: { readonly url: string; readonly sha256: string },
): ArtifactSpec {
  return {
    name: `release-${name}`,
    inputs: [version, url, sha256, folder],
    produce: async (dir, log) => {
      const file = join(dir, "archive");
      const response = await fetch(url, { signal: AbortSignal.timeout(downloadLimit * 60_000) });
      if (!response.ok || response.body === null)
        throw new Error(`${url}: ${response.status} ${response.statusText}`);
      await pipeline(Readable.fromWeb(response.body as never), createWriteStream(file));
      await verifyChecksum(file, sha256);
      await run(log, "tar", ["-xzf", file, "-C", dir, "--no-same-owner", "--strip-components=1", folder]);
      rmSync(file);
      const missing = tools.filter((tool) => !existsSync(join(dir, tool)));
      if (missing.length > 0) throw new Error(`${url} has no ${missing.join(", ")}`);
    },
  };
}

/** Fails unless the file has this sha256 (hex). */
export async function verifyChecksum(file: string, sha256: string): Promise<void> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  const actual = hash.digest("hex");
  if (actual !== sha256) throw new Error(`${file}: sha256 is ${actual}, not ${sha256} as pinned`);
}
