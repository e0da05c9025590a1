import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";

/**
 * Reads every file of the folders once. So the first way finds in the page cache what the second would find there: the
 * registry and the operating system image, which both read.
 */
export async function readAll(folders: readonly string[], signal: AbortSignal): Promise<void> {
  for (const file of await filesIn(folders)) {
    const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
    await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), nowhere, { signal });
  }
}

/** Bytes that the files of the folders take on disk. */
export async function bytesIn(folders: readonly string[]): Promise<number> {
  let sum = 0;
  for (const file of await filesIn(folders)) sum += (await stat(file)).blocks * 512;
  return sum;
}

async function filesIn(folders: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const folder of folders) {
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) found.push(join(entry.parentPath, entry.name));
    }
  }
  return found;
}
