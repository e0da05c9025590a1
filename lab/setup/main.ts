import { existsSync, mkdirSync, renameSync } from "node:fs";
import { join, resolve } from "node:path";
import { Command } from "commander";
import { setUpPackages } from "./apt";
import { type BuildOptions, buildImages } from "../images/main";
import { cacheDir, labDir, toolPath } from "./paths";
import { copyTree, usedArtifacts } from "./cache";
import { setUpEarlierProviders } from "./earlierProviders";
import { setUpEngine } from "./engine";
import { environment, exportLines, makeState } from "./environment";

import { setUpPlugins } from "./plugins";
import { clock, note, track } from "./progress";
import { setUpProviders } from "./providers";
import { pruneCache, registerCheckout } from "./prune";
import { setUpToolchain } from "./toolchain";

/** `make setup`: everything that the lab and the program need on this machine. A second run finds it all and is short. */
async function setup(options: BuildOptions = {}): Promise<void> {
  const begin = Date.now();
  await setUpPackages();
  await setUpEngine();
  await setUpToolchain();
  process.env["PATH"] = toolPath();
  await setUpProviders();
  if (options.earlier) await setUpEarlierProviders();
  await setUpPlugins();
  await buildImages(labDir, options);
  registerCheckout();
  const removed = pruneCache();
  if (removed.length > 0) note("cache", `removed ${removed.length} artifacts that no checkout uses`);
  note("set-up", `complete in ${clock(Date.now() - begin)}`);
}

/** Copies the artifacts of this checkout to a folder that `TOOLCHAIN_CACHE` can name later. */
async function exportCache(target: string): Promise<void> {
  if (target === "") throw new Error("say where to: make cache-export DIR=...");
  const artifacts = usedArtifacts();
  if (artifacts.length === 0) throw new Error('nothing was set up in this checkout yet: run "make setup"');
  for (const path of artifacts) {
    const to = join(resolve(target), path);
    if (existsSync(to)) continue;
    const part = `${to}.part-${process.pid}`;
    await track(path, "exporting", async () => {
      mkdirSync(part, { recursive: true });
      await copyTree(join(cacheDir(), path), part, "/dev/null");
      renameSync(part, to);
    });
  }
  note("cache", `${artifacts.length} artifacts are in ${resolve(target)}`);
}

async function main(): Promise<void> {
  const program = new Command("setup").description("Sets up a machine for the lab and the program");
  program
    .command("setup")
    .description("install and build what is missing")
    .action(() => setup());
  program
    .command("upgrade-image")
    .description("set up, with the earlier Kubernetes that a cluster of the lab can be upgraded from")
    .action(() => setup({ earlier: true }));
  program
    .command("env")
    .description("print exports for a shell")
    .action(() => {
      makeState();
      process.stdout.write(`${exportLines(environment())}\n`);
    });
  program
    .command("cache-export")
    .description("write the built artifacts of this checkout to a folder")
    .argument("[dir]", "folder", "")
    .action(exportCache);
  await program.parseAsync();
}

main().catch((error: unknown) => {
  note("set-up", `failed: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
});
