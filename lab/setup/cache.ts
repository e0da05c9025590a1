import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import {
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { cacheDir, projectRoot, setupLogDir, toolchainDir } from "./paths";
import { note, track } from "./progress";

/**
 * Content-addressed cache of everything the set-up builds: tool binaries, rendered manifests, images.
 *
 * An artifact is a folder `<cache>/<name>/<key>` whose key is a hash of all that determines its content. It appears by
 * one rename, so it is there completely or not at all; a lock of the kernel (flock) for each key lets any number of
 * checkouts share the cache at once and build each artifact only once.
 */

/** What is to be made and what determines it. */
export interface ArtifactSpec {
  /** Short name with `[a-z0-9.-]` only, for instance `toolchain-pulumi` or `image-host-os`. */
  readonly name: string;
  /** Everything besides {@link files} that determines the content: versions, flags, keys of other artifacts. */
  readonly inputs: readonly string[];
  /** Files and folders (relative to the project root or absolute) whose names and contents determine the content. */
  readonly files?: readonly string[];
  /**
   * Makes the content in `dir`, an empty folder. Sub-processes write to `log` (see {@link run}). Whatever it throws ends
   * up in an {@link ArtifactError}, and nothing of the folder is kept.
   */
  readonly produce: (dir: string, log: string) => Promise<void>;
}

/** An artifact could not be made. The message names the artifact, the cause and the log file. */
export class ArtifactError extends Error {
  constructor(
    readonly artifact: string,
    readonly log: string,
    cause: unknown,
  ) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const tail = lastLines(log, 15);
    super(`${artifact}: ${reason}\n  log: ${log}${tail === "" ? "" : `\n${tail}`}`, { cause });
    this.name = "ArtifactError";
  }
}

/** Hash (sha256, 20 hex digits) of a list of strings; unambiguous: `["ab"]` and `["a","b"]` differ. */
export function hashOf(parts: readonly string[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:`).update(part);
  return hash.digest("hex").slice(0, 20);
}

/**
 * Hash of files and folders: names relative to each given path, type, executable bit and content; not times or owners.
 * A path that does not exist is an error.
 */
export function hashFiles(paths: readonly string[]): string {
  const parts: string[] = [];
  const visit = (path: string, name: string): void => {
    const stat = lstatSync(path);
    if (stat.isDirectory()) {
      for (const entry of readdirSync(path).sort()) {
        if (entry !== "__pycache__" && entry !== "node_modules") visit(join(path, entry), `${name}/${entry}`);
      }
    } else if (stat.isSymbolicLink()) {
      parts.push("link", name, readlinkSync(path));
    } else {
      parts.push(
        (stat.mode & 0o111) === 0 ? "file" : "exec",
        name,
        createHash("sha256").update(readFileSync(path)).digest("hex"),
      );
    }
  };
  for (const path of paths) visit(resolve(projectRoot, path), path.startsWith("/") ? "" : path);
  return hashOf(parts);
}

/** The cache key of an artifact. Pure but for reading {@link ArtifactSpec.files}. */
export function artifactKey(spec: Pick<ArtifactSpec, "name" | "inputs" | "files">): string {
  return hashOf([spec.name, ...spec.inputs, "files", hashFiles(spec.files ?? [])]);
}

/** Folder where an artifact is or would be. */
export function artifactDir(spec: Pick<ArtifactSpec, "name" | "inputs" | "files">): string {
  return join(cacheDir(), spec.name, artifactKey(spec));
}

/** Whether an artifact need not be made: the cache has it, or the seed folder that `TOOLCHAIN_CACHE` names. */
export function isMade(spec: Pick<ArtifactSpec, "name" | "inputs" | "files">): boolean {
  const key = artifactKey(spec);
  return [join(cacheDir(), spec.name, key), seedOf(spec.name, key)].some(
    (dir) => dir !== undefined && existsSync(dir),
  );
}

function seedOf(name: string, key: string): string | undefined {
  const seed = process.env["TOOLCHAIN_CACHE"];
  return seed === undefined || seed === "" ? undefined : join(resolve(seed), name, key);
}

/**
 * Returns the folder of an artifact, which must not be written to: from the cache, else copied from the seed folder that
 * `TOOLCHAIN_CACHE` names, else made now. Progress is printed; a failure is an {@link ArtifactError}.
 */
export async function artifact(spec: ArtifactSpec): Promise<string> {
  if (!/^[a-z0-9][a-z0-9.-]*$/.test(spec.name))
    throw new Error(`artifact name ${JSON.stringify(spec.name)}: use [a-z0-9.-]`);
  const key = artifactKey(spec);
  const dir = join(cacheDir(), spec.name, key);
  if (!existsSync(dir)) {
    const unlock = await lock(join(cacheDir(), "locks", `${spec.name}-${key}`), spec.name);
    try {
      if (!existsSync(dir)) await fill(spec, key, dir);
    } finally {
      unlock();
    }
  }
  const now = new Date();
  utimesSync(dir, now, now);
  remember(spec.name, key);
  return dir;
}

/**
 * Runs a program, its output going to the end of the log file `log`. Fails with the exit code and the command line, so
 * arguments must not hold secrets.
 */
export async function run(
  log: string,
  file: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv; input?: string } = {},
): Promise<void> {
  const out = openSync(log, "a");
  try {
    writeFileSync(out, `+ ${file} ${args.join(" ")}\n`);
    const child = spawn(file, args, {
      stdio: [options.input === undefined ? "ignore" : "pipe", out, out],
      cwd: options.cwd ?? projectRoot,
      env: { ...process.env, ...options.env },
    });
    child.stdin?.end(options.input);
    const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
    if (code !== 0)
      throw new Error(`${file} ${args.join(" ")}: ${code === null ? signal : `exit code ${code}`}`);
  } finally {
    closeSync(out);
  }
}

async function fill(spec: ArtifactSpec, key: string, dir: string): Promise<void> {
  const work = join(
    cacheDir(),
    "tmp",
    `${spec.name}-${key}-${process.pid}-${randomBytes(4).toString("hex")}`,
  );
  const log = join(setupLogDir, `${spec.name}.log`);
  mkdirSync(work, { recursive: true });
  mkdirSync(dirname(log), { recursive: true });
  writeFileSync(log, "");
  const seeded = seedOf(spec.name, key);
  try {
    if (seeded !== undefined && existsSync(seeded)) {
      await track(spec.name, "copying from the seed cache", () => copyTree(seeded, work, log));
    } else {
      await track(spec.name, "building", () => spec.produce(work, log), log);
    }
    mkdirSync(dirname(dir), { recursive: true });
    renameSync(work, dir);
  } catch (error) {
    rmSync(work, { recursive: true, force: true });
    throw error instanceof ArtifactError ? error : new ArtifactError(spec.name, log, error);
  }
}

/** Copies the content of a folder, keeping holes, links and modes. */
export async function copyTree(from: string, to: string, log: string): Promise<void> {
  await run(log, "cp", ["-a", "--sparse=always", "--reflink=auto", `${from}/.`, to]);
}

/**
 * Takes an exclusive lock, waiting for another holder. A child process holds it (`flock` of util-linux) until its
 * standard input is closed, so it is free again however this process ends.
 */
async function lock(file: string, name: string): Promise<() => void> {
  mkdirSync(dirname(file), { recursive: true });
  const child = spawn("flock", ["--exclusive", file, "sh", "-c", "echo locked; exec cat >/dev/null"], {
    stdio: ["pipe", "pipe", "inherit"],
    detached: true,
  });
  const waiting = setTimeout(() => note(name, "waits for another set-up that is making it"), 1000);
  try {
    await new Promise<void>((done, fail) => {
      child.once("error", fail);
      child.once("exit", (code) => fail(new Error(`flock ${file}: exit code ${code}`)));
      child.stdout.once("data", () => done());
    });
  } finally {
    clearTimeout(waiting);
  }
  child.removeAllListeners("exit");
  child.unref();
  return () => {
    child.stdin.end();
    child.stdout.destroy();
  };
}

/** Notes that this checkout uses an artifact; `make cache-export` writes those out. */
function remember(name: string, key: string): void {
  const used = join(toolchainDir, "used");
  mkdirSync(used, { recursive: true });
  writeFileSync(join(used, name), `${key}\n`);
}

/** Artifacts that this checkout uses, as `<name>/<key>`. */
export function usedArtifacts(): string[] {
  const used = join(toolchainDir, "used");
  if (!existsSync(used)) return [];
  return readdirSync(used)
    .sort()
    .map((name) => `${name}/${readFileSync(join(used, name), "utf8").trim()}`);
}

function lastLines(file: string, count: number): string {
  if (!existsSync(file)) return "";
  return readFileSync(file, "utf8")
    .trimEnd()
    .split("\n")
    .slice(-count)
    .map((line) => `  | ${line}`)
    .join("\n");
}
