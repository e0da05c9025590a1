import { lstatSync, mkdirSync, readdirSync, readlinkSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import pLimit from "p-limit";
import { artifact, isMade } from "./cache";
import { downloadModules, goVersion, toolArtifact } from "./goBuild";
import { goTools, toolNames } from "./goTools";
import { binDir, setupLogDir } from "./paths";
import { note } from "./progress";
import { releasedTools } from "./releases";
import { installedTools } from "./systemTools";

/** Builds at a time: two keep both cores busy while one of them links. */
const concurrency = 2;

/**
 * Fills `.toolchain/bin`: a link for every tool and each of its names, except for tools that the machine has in a
 * fitting version. Fails after the first tool that cannot be built.
 */
export async function setUpToolchain(): Promise<void> {
  const present = await installedTools();
  for (const [name, found] of present) note(name, `using ${found.path} (${found.version})`);
  const go = await goVersion();
  const built = goTools.filter((tool) => isMade(toolArtifact(tool, go))).flatMap(toolNames);
  const released = await releasedTools((name) => present.has(name) || built.includes(name));
  const wanted = goTools.filter(({ name }) => !present.has(name) && !released.has(name));
  mkdirSync(setupLogDir, { recursive: true });
  const download = downloadModules(
    wanted.filter((tool) => !built.includes(tool.name)),
    join(setupLogDir, "go-modules.log"),
  ).catch(() => {
    // Whatever is missing, the build that needs it says so.
  });
  const limit = pLimit(concurrency);
  const links = new Map([...released].filter(([name]) => !present.has(name)));
  try {
    await Promise.all(
      wanted.map((tool) =>
        limit(async () => {
          const dir = await artifact(toolArtifact(tool, go));
          for (const name of toolNames(tool)) links.set(name, join(dir, name));
        }),
      ),
    );
  } catch (error) {
    limit.clearQueue();
    throw error;
  }
  await download;
  relink(binDir, links);
}

/**
 * Makes `dir` hold exactly these links; those that are right already are left alone. Links for whose names `owned` says no
 * stay as they are.
 */
export function relink(
  dir: string,
  links: ReadonlyMap<string, string>,
  owned: (name: string) => boolean = () => true,
): void {
  mkdirSync(dir, { recursive: true });
  for (const name of readdirSync(dir)) {
    if (owned(name) && !links.has(name) && lstatSync(join(dir, name)).isSymbolicLink())
      rmSync(join(dir, name));
  }
  for (const [name, target] of links) {
    const path = join(dir, name);
    if (linkTarget(path) === target) continue;
    const temporary = `${path}.${process.pid}.new`;
    symlinkSync(target, temporary);
    renameSync(temporary, path);
  }
}

function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
