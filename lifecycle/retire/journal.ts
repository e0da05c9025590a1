import fs from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import type { HostView } from "../hosts/hostState";
import { ensureFolder, readIfPresent, stateFolder, writePrivateFile } from "../shared/stateFolder";

const lastSeenSchema = z.record(z.string(), z.object({ state: z.string(), imageGone: z.boolean() }));

/** What was last seen of each host, by name, over all attempts of one release. */
export type LastSeen = z.output<typeof lastSeenSchema>;

function journalPath(stack: string): string {
  return path.join(stateFolder(stack), "release.json");
}

/** Reads what earlier attempts have seen. */
export async function readLastSeen(stack: string): Promise<LastSeen> {
  const content = await readIfPresent(journalPath(stack));
  try {
    return lastSeenSchema.parse(JSON.parse(content ?? "{}"));
  } catch {
    return {};
  }
}

/** Notes what is seen of the hosts; those that are gone keep what was seen of them last. */
export async function noteLastSeen(stack: string, hosts: ReadonlyMap<string, HostView>): Promise<LastSeen> {
  const seen = {
    ...(await readLastSeen(stack)),
    ...Object.fromEntries(
      [...hosts].map(([name, { state, image }]) => [name, { state, imageGone: image === undefined }]),
    ),
  };
  await ensureFolder(stack);
  await writePrivateFile(journalPath(stack), `${JSON.stringify(seen)}\n`);
  return seen;
}

/** Forgets it, when the release is over and reported. */
export async function forgetLastSeen(stack: string): Promise<void> {
  await fs.rm(journalPath(stack), { force: true });
}
