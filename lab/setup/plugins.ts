import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { artifact, ArtifactError, run } from "./cache";
import { projectRoot, pulumiHome, setupLogDir, toolchainDir, toolPath } from "./paths";
import { note, track } from "./progress";
import { officialDownloads } from "./reach";

/** A Pulumi resource plugin the program needs, in the version its SDK asks for. */
interface ResourcePlugin {
  readonly name: string;
  readonly version: string;
}

const plugins: readonly ResourcePlugin[] = [
  { name: "command", version: "1.2.1" },
  { name: "kubernetes", version: "4.34.2" },
];

/** Where the plugin was installed from, noted in a file of the toolchain folder: `official`, or the folder of the offline one. */
const official = "official";

/** Installs the Pulumi plugins into this checkout's Pulumi home: the official ones, or those of `lab/plugins`. */
export async function setUpPlugins(): Promise<void> {
  for (const plugin of plugins) {
    if (originOf(plugin) === official) continue;
    if (!(await installOfficial(plugin))) await installOffline(plugin);
  }
}

/** Whether a plugin in use is one of `lab/plugins`: then nothing may replace it by a download. */
export function usesOfflinePlugins(): boolean {
  return plugins.some((plugin) => originOf(plugin) !== official);
}

async function installOfficial({ name, version }: ResourcePlugin): Promise<boolean> {
  if (!(await officialDownloads())) return false;
  const log = join(setupLogDir, `plugin-${name}.log`);
  try {
    await track(`plugin ${name}`, `downloading ${version}`, () =>
      pulumi(log, ["plugin", "install", "resource", name, version, "--reinstall"]),
    );
  } catch (error) {
    note(`plugin ${name}`, `no download: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
  writeFileSync(originFile({ name, version }), `${official}\n`);
  return true;
}

async function installOffline({ name, version }: ResourcePlugin): Promise<void> {
  const dir = await artifact({
    name: `plugin-${name}`,
    inputs: [version],
    files: [
      `lab/plugins/${name}`,
      "providers/shared",
      ...(existsSync(join(projectRoot, "lab/plugins/shared")) ? ["lab/plugins/shared"] : []),
      "package-lock.json",
    ],
    produce: (work, log) => bundle(name, work, log),
  });
  if (originOf({ name, version }) === dir) return;
  const log = join(setupLogDir, `plugin-${name}.log`);
  try {
    const file = join(dir, "plugin.tar.gz");
    await pulumi(log, ["plugin", "install", "resource", name, version, "--file", file, "--reinstall"]);
  } catch (error) {
    throw new ArtifactError(`plugin-${name}`, log, error);
  }
  writeFileSync(originFile({ name, version }), `${dir}\n`);
  note(`plugin ${name}`, `installed the offline one as ${version}`);
}

/** Puts the plugin's sources and libraries into one file, beside its launcher, and both into an archive. */
async function bundle(name: string, work: string, log: string): Promise<void> {
  const source = join(projectRoot, "lab", "plugins", name);
  const launcher = `pulumi-resource-${name}`;
  const content = join(work, "content");
  mkdirSync(content);
  await build({
    absWorkingDir: projectRoot,
    entryPoints: [join(source, "main.ts")],
    outfile: join(content, "main.cjs"),
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    logLevel: "silent",
  });
  copyFileSync(join(source, launcher), join(content, launcher));
  chmodSync(join(content, launcher), 0o755);
  await run(log, "tar", ["-czf", join(work, "plugin.tar.gz"), "-C", content, "."]);
  rmSync(content, { recursive: true });
}

function pulumi(log: string, args: readonly string[]): Promise<void> {
  mkdirSync(pulumiHome, { recursive: true });
  mkdirSync(join(toolchainDir, "plugins"), { recursive: true });
  mkdirSync(setupLogDir, { recursive: true });
  return run(log, "pulumi", args, {
    env: { PATH: toolPath(), PULUMI_HOME: pulumiHome, PULUMI_SKIP_UPDATE_CHECK: "true" },
  });
}

function pluginDir({ name, version }: ResourcePlugin): string {
  return join(pulumiHome, "plugins", `resource-${name}-v${version}`);
}

function originFile({ name, version }: ResourcePlugin): string {
  return join(toolchainDir, "plugins", `${name}-${version}`);
}

function originOf(plugin: ResourcePlugin): string | undefined {
  if (!existsSync(pluginDir(plugin)) || !existsSync(originFile(plugin))) return undefined;
  return readFileSync(originFile(plugin), "utf8").trim();
}
