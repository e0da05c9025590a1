import fs from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import type { HostView } from "../hosts/hostState";
import type { ImageGone } from "../inputs/retire";
import { ensureFolder, readIfPresent, stateFolder, writePrivateFile } from "../shared/stateFolder";

/** Name of the stack that builds the bootstrap cluster again. Its local files are in a state folder of its own. */
export function returnStackName(stack: string): string {
  return `${stack}-release`;
}

const lastSeenSchema = z.record(
  z.string(),
  z.object({
    state: z.string(),
    /** Whether it had no image any more. */
    imageGone: z.boolean(),
    /** Whether it had one earlier in the release, or what it had was unknown and was wiped. */
    hadImage: z.boolean().default(false),
  }),
);

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
export async function noteLastSeen(stack: string, hosts: ReadonlyMap<string, HostView>): Promise<void> {
  const earlier = await readLastSeen(stack);
  const now = Object.fromEntries(
    [...hosts].map(([name, { state, image }]) => [
      name,
      {
        state,
        imageGone: image === undefined,
        hadImage: image !== undefined || (earlier[name]?.hadImage ?? false),
      },
    ]),
  );
  await writeLastSeen(stack, { ...earlier, ...now });
}

/** Notes that hosts were wiped of whatever was on them. */
export async function noteWiped(stack: string, names: readonly string[]): Promise<void> {
  const wiped = { state: "wiped", imageGone: true, hadImage: true };
  const now = Object.fromEntries(names.map((name) => [name, wiped]));
  await writeLastSeen(stack, { ...(await readLastSeen(stack)), ...now });
}

async function writeLastSeen(stack: string, seen: LastSeen): Promise<void> {
  await ensureFolder(stack);
  await writePrivateFile(journalPath(stack), `${JSON.stringify(seen)}\n`);
}

/** What became of a host's image, by what was seen of it. Pure. */
export function imageGone(seen: LastSeen[string] | undefined): ImageGone {
  if (!seen?.imageGone) {
    return "not proved";
  }
  return seen.hadImage ? "yes" : "had none";
}

function releasedPath(stack: string): string {
  return path.join(stateFolder(stack), "released");
}

/** Notes that no host is registered any more: what is left to do is to clean up and to prove it. */
export async function noteReleased(stack: string): Promise<void> {
  await ensureFolder(stack);
  await writePrivateFile(releasedPath(stack), `${new Date().toISOString()}\n`);
}

/** Whether that was noted. */
export async function isReleased(stack: string): Promise<boolean> {
  return (await readIfPresent(releasedPath(stack))) !== undefined;
}

/** Forgets all notes of a release: it is over and reported, or the stack has a new life. */
export async function forgetRelease(stack: string): Promise<void> {
  await Promise.all([journalPath(stack), releasedPath(stack)].map((file) => fs.rm(file, { force: true })));
}
