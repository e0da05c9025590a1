import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheDir, toolchainDir } from "./paths";

/** Milliseconds that an artifact stays although no checkout uses it: another set-up may just be making or reading it. */
const grace = 24 * 3600 * 1000;

/** Folders of the cache that hold no artifacts. */
const own = ["checkouts", "locks", "tmp"];

/** Enters this checkout into the cache's list of those that use it. */
export function registerCheckout(): void {
  const list = join(cacheDir(), "checkouts");
  mkdirSync(list, { recursive: true });
  const name = createHash("sha256").update(toolchainDir).digest("hex").slice(0, 20);
  writeFileSync(join(list, name), `${toolchainDir}\n`);
}

/**
 * Removes from the cache what no registered checkout uses and nobody has used for a day, leavings of interrupted builds
 * among it. Checkouts that are gone are struck off the list.
 *
 * @returns What was removed, as `<name>/<key>`.
 */
export function pruneCache(now = Date.now()): string[] {
  const cache = cacheDir();
  const used = new Set(
    names(join(cache, "checkouts")).flatMap((entry) => usedBy(join(cache, "checkouts", entry))),
  );
  const artifacts = names(cache)
    .filter((name) => !own.includes(name))
    .flatMap((name) => names(join(cache, name)).map((key) => `${name}/${key}`));
  const leavings = names(join(cache, "tmp")).map((name) => `tmp/${name}`);
  const removed = [...artifacts.filter((path) => !used.has(path)), ...leavings].filter(
    (path) => now - statSync(join(cache, path)).mtimeMs > grace,
  );
  for (const path of removed) rmSync(join(cache, path), { recursive: true, force: true });
  return removed;
}

/** Artifacts that a checkout uses; none when it is gone. */
function usedBy(entry: string): string[] {
  const folder = join(readFileSync(entry, "utf8").trim(), "used");
  if (!existsSync(folder)) {
    rmSync(entry);
    return [];
  }
  return names(folder).map((name) => `${name}/${readFileSync(join(folder, name), "utf8").trim()}`);
}

function names(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}
