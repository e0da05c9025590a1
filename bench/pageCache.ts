import { createReadStream } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";

/**
 * Reads every file of the folders once, so that the first way finds in memory what the second would find there: registry and
 * operating system images, which both read.
 *
 * @returns bytes read
 */
export async function readAll(folders: readonly string[], signal: AbortSignal): Promise<number> {
  let bytes = 0;
  for (const folder of folders) {
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const nothing = new Writable({
        write(chunk: Buffer, _encoding, done) {
          bytes += chunk.length;
          done();
        },
      });
      await pipeline(
        createReadStream(join(entry.parentPath, entry.name), { highWaterMark: 1 << 20 }),
        nothing,
        {
          signal,
        },
      );
    }
  }
  return bytes;
}
