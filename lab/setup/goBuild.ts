import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { execa } from "execa";
import { type ArtifactSpec, copyTree, run } from "./cache";
import type { GoTool } from "./goTools";
import { projectRoot } from "./paths";

/** Go packages of a module that are replaced by empty ones, because they do not build here and are not needed. */
export interface ModulePatch {
  /** Module path. */
  readonly module: string;
  /** Folders inside the module. */
  readonly emptyPackages: readonly string[];
}

const buildFlags = ["-trimpath", "-buildvcs=false"];

/** GOFLAGS of the user could change what is built, and C code what it runs on. */
const buildEnv = { CGO_ENABLED: "0", GOFLAGS: "", GOWORK: "off" };

/** Text for `-ldflags`: no symbol tables, and the stamps in a fixed order. Pure. */
export function linkerFlags(stamp: Readonly<Record<string, string>> = {}): string {
  const stamps = Object.keys(stamp)
    .sort()
    .map((variable) => `-X ${variable}=${stamp[variable]}`);
  return ["-s", "-w", ...stamps].join(" ");
}

/** Go's version and target, part of every key: `go1.26.8 linux amd64 v1`. */
export async function goVersion(): Promise<string> {
  try {
    const { stdout } = await execa("go", ["env", "GOVERSION", "GOOS", "GOARCH", "GOAMD64"], {
      env: buildEnv,
      cwd: projectRoot,
    });
    return stdout.split("\n").join(" ").trim();
  } catch (error) {
    throw new Error("the toolchain is built with Go, and `go env` does not work: install Go 1.26", {
      cause: error,
    });
  }
}

/** The artifact that is a tool built with this version of Go. Its folder holds the tool under all its names. */
export function toolArtifact(tool: GoTool, go: string): ArtifactSpec {
  const programs = [tool, ...(tool.with ?? [])];
  return {
    name: tool.modules === undefined ? `tool-${tool.name}` : `tool-${tool.name}-${tool.modules}`,
    inputs: [go, ...programs.flatMap(buildInputs)],
    files: [...new Set(programs.flatMap(({ set, modules }) => [setDir(set), ...moduleFolder(modules)]))],
    produce: async (dir, log) => {
      for (const program of programs) await build(program, dir, log);
    },
  };
}

/** What determines a program besides its module set and Go's version. */
function buildInputs(tool: GoTool): string[] {
  return [
    tool.package,
    linkerFlags(tool.stamp),
    ...buildFlags,
    ...(tool.names ?? []),
    JSON.stringify(tool.patch ?? {}),
  ];
}

async function build(tool: GoTool, dir: string, log: string): Promise<void> {
  const source = `${dir}.source`;
  const patched =
    tool.patch === undefined ? [] : await patchModule(setDir(tool.set), tool.patch, source, log);
  const output = join(dir, tool.name);
  try {
    await run(
      log,
      "go",
      [
        "build",
        ...buildFlags,
        ...otherModules(tool),
        ...patched,
        "-ldflags",
        linkerFlags(tool.stamp),
        "-o",
        output,
        tool.package,
      ],
      { cwd: join(projectRoot, setDir(tool.set)), env: buildEnv },
    );
  } finally {
    rmSync(source, { recursive: true, force: true });
  }
  for (const name of tool.names ?? []) symlinkSync(tool.name, join(dir, name));
}

function moduleFolder(modules: string | undefined): string[] {
  return modules === undefined ? [] : [setDir(modules)];
}

/** Flag that makes Go build the set's packages with the versions of another go.mod. */
function otherModules({ modules }: GoTool): string[] {
  return moduleFolder(modules).map((folder) => `-modfile=${join(projectRoot, folder, "go.mod")}`);
}

/** Downloads the modules that tools are built from, so that compiling need not wait for them. */
export async function downloadModules(tools: readonly GoTool[], log: string): Promise<void> {
  const programs = tools.flatMap((tool) => [tool, ...(tool.with ?? [])]);
  for (const set of new Set(programs.map((tool) => tool.set))) {
    const packages = programs.filter((tool) => tool.set === set && tool.patch === undefined);
    if (packages.length === 0) continue;
    await run(log, "go", ["list", "-deps", "-f", "", ...packages.map((tool) => tool.package)], {
      cwd: join(projectRoot, setDir(set)),
      env: buildEnv,
    });
  }
}

/** Folder of a module in the module cache, downloaded and verified against the set's go.sum when missing. */
export async function moduleDir(set: string, module: string): Promise<string> {
  const { stdout } = await execa("go", ["mod", "download", "-json", module], {
    cwd: join(projectRoot, setDir(set)),
    env: buildEnv,
  });
  return (JSON.parse(stdout) as { Dir: string }).Dir;
}

function setDir(set: string): string {
  return `lab/toolchain/${set}`;
}

/** Copies a module to `work`, empties packages of it and returns the flags that build with the copy. */
async function patchModule(set: string, patch: ModulePatch, work: string, log: string): Promise<string[]> {
  const source = join(work, "module");
  mkdirSync(source, { recursive: true });
  await copyTree(await moduleDir(basename(set), patch.module), source, log);
  await run(log, "chmod", ["-R", "u+w", source]);
  for (const folder of patch.emptyPackages) {
    const path = join(source, folder);
    if (!existsSync(path)) throw new Error(`${patch.module} has no package ${folder}`);
    for (const file of readdirSync(path)) rmSync(join(path, file), { recursive: true });
    writeFileSync(join(path, "empty.go"), `package ${basename(folder)}\n`);
  }
  const modfile = join(work, "go.mod");
  for (const name of ["go.mod", "go.sum"]) {
    await run(log, "cp", [join(projectRoot, set, name), join(work, name)]);
    chmodSync(join(work, name), 0o644);
  }
  await run(log, "go", ["mod", "edit", `-replace=${patch.module}=${source}`, modfile], { env: buildEnv });
  return [`-modfile=${modfile}`];
}
