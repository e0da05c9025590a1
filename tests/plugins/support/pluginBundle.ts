/** A plugin of the checkout as one file beside its launcher, as the set-up installs it: it starts faster than its sources. */
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { build } from "esbuild";
import { projectRoot } from "../../../lab/setup/paths";

const bundles = new Map<string, Promise<string>>();

/**
 * Folder with the bundled plugin of `lab/plugins/<name>`; made once for each test file.
 *
 * @param name package name, for instance `command`
 */
export function pluginBundle(name: string): Promise<string> {
  const known = bundles.get(name);
  if (known !== undefined) return known;
  const made = makeBundle(name);
  bundles.set(name, made);
  return made;
}

/** Removes the folders of {@link pluginBundle}. */
export async function removePluginBundles(): Promise<void> {
  for (const folder of bundles.values()) await rm(await folder, { recursive: true, force: true });
  bundles.clear();
}

async function makeBundle(name: string): Promise<string> {
  const source = path.join(projectRoot, "lab", "plugins", name);
  const folder = await mkdtemp(path.join(tmpdir(), `${name}-plugin-`));
  await build({
    entryPoints: [path.join(source, "main.ts")],
    outfile: path.join(folder, "main.cjs"),
    bundle: true,
    platform: "node",
    target: "node20",
    logLevel: "error",
  });
  const launcher = `pulumi-resource-${name}`;
  await copyFile(path.join(source, launcher), path.join(folder, launcher));
  return folder;
}
