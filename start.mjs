// @ts-check
/**
 * `node start.mjs <entry> [arguments]`: runs a program of this project, such as lifecycle/main.ts, compiled into one file.
 *
 * Loading the sources one by one through a loader takes most of a second of a core, which a bring-up would pay twenty times.
 * The compiled file lies with the installed packages, beside the hashes of all that it was made of: when a source or
 * package-lock.json is another one, it is made anew. Where that cannot be, the sources are run by tsx.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const root = dirname(fileURLToPath(import.meta.url));
const entry = relative(root, resolve(process.argv[2] ?? ""));
const cache = join(root, "node_modules", ".cache", "compiled", entry.replace(/\.ts$/, ""));
const indexFile = join(cache, "index.json");
/** Compiled programs of other sources are kept for as long as one that is just starting may need them, milliseconds. */
const keptFor = 3_600_000;

/**
 * What the compiled file was made of.
 * @typedef {{ readonly file: string, readonly hashes: Readonly<Record<string, string>> }} Index
 */

// The program finds its own arguments where they would be if it had been started itself.
process.argv.splice(1, 2, join(root, entry));
const compiled = upToDate() ?? (await compile().catch(() => undefined));
if (compiled === undefined) {
  for (const api of [await import("tsx/cjs/api"), await import("tsx/esm/api")]) api.register();
  await import(join(root, entry));
} else {
  createRequire(import.meta.url)(compiled);
}

/**
 * The compiled file, when it is of the sources as they are.
 * @returns {string | undefined}
 */
function upToDate() {
  try {
    /** @type {Index} */
    const { file, hashes } = JSON.parse(readFileSync(indexFile, "utf8"));
    const same = Object.entries(hashes).every(([path, hash]) => hashOf(path) === hash);
    return same && statSync(join(cache, file)).isFile() ? join(cache, file) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Compiles the sources. Others may do so at the same time: every file appears whole, and the index after what it names.
 * @returns {Promise<string>}
 */
async function compile() {
  const { build } = await import("esbuild");
  const { metafile, outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [join(root, entry)],
    outfile: join(cache, "main.cjs"),
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    // The SDK finds its own files by where it lies, and takes only objects of the gRPC library that it uses itself.
    external: ["@pulumi/pulumi", "@pulumi/kubernetes", "@pulumi/command", "@grpc/grpc-js", "google-protobuf"],
    metafile: true,
    write: false,
    logLevel: "silent",
  });
  const sources = Object.keys(metafile.inputs).filter((path) => !path.startsWith("node_modules/"));
  const hashes = Object.fromEntries(
    ["package-lock.json", "start.mjs", ...sources].map((path) => [path, hashOf(path)]),
  );
  const [output] = outputFiles;
  if (output === undefined) throw new Error("esbuild has written nothing");
  const file = `${sha256(output.contents).slice(0, 16)}.cjs`;
  mkdirSync(cache, { recursive: true });
  removeOld(file);
  writeWhole(file, output.contents);
  writeWhole("index.json", JSON.stringify({ file, hashes }));
  return join(cache, file);
}

/** @param {string} path relative to the project */
function hashOf(path) {
  return sha256(readFileSync(join(root, path)));
}

/** @param {string | Uint8Array} content */
function sha256(content) {
  return createHash("sha256").update(content).digest("hex");
}

/**
 * @param {string} name
 * @param {string | Uint8Array} content
 */
function writeWhole(name, content) {
  const part = join(cache, `${name}.${process.pid}`);
  writeFileSync(part, content);
  renameSync(part, join(cache, name));
}

/** @param {string} kept */
function removeOld(kept) {
  for (const name of readdirSync(cache)) {
    const path = join(cache, name);
    if (name !== kept && name !== "index.json" && Date.now() - statSync(path).mtimeMs > keptFor) {
      rmSync(path, { force: true });
    }
  }
}
