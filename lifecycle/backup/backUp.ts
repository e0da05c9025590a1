import fs from "node:fs/promises";
import { objectKey } from "../inventory/graph";
import type { Inventory } from "../inventory/read";
import { type Context, secret } from "../shared/context";
import { errorText, LifecycleFailure } from "../shared/failure";
import type { KubeClient } from "../shared/kube/client";
import { type BackupScope, collectContent } from "./collect";
import { decodeArchive, encodeArchive } from "./format";
import { keyVariable, parseKey } from "./key";
import { archivesIn, backupFolder, storeArchive, superseded } from "./store";

/**
 * Keeps an encrypted copy of everything that moves, for the case that both clusters lose it. It counts only when it was read
 * back from the disk and opened with the key; then the oldest archives beyond `keep` go.
 *
 * @param inventory What moves, read from `client` just before.
 * @returns Path of the archive.
 * @throws LifecycleFailure when there is no archive that is known to be good.
 */
export async function backUp(
  context: Context,
  client: KubeClient,
  scope: BackupScope,
  inventory: Inventory,
  keep: number,
): Promise<string> {
  const key = await parseKey(secret(context, keyVariable));
  const content = await collectContent(client, scope, inventory);
  const file = await storeArchive(scope.stack, content.header, await encodeArchive(content, key));
  const stored = await decodeArchive(await fs.readFile(file), key, file);
  const keys = new Set(stored.objects.map(objectKey));
  const missing = inventory.moving.map(objectKey).filter((name) => !keys.has(name));
  if (missing.length > 0) {
    throw new LifecycleFailure(`${file} does not hold ${missing.join(", ")}; nothing was touched`, {
      remedy: "run it again",
    });
  }
  await removeSuperseded(context, scope, content.header, keep);
  context.progress(`backup of ${stored.objects.length} objects, encrypted, read back: ${file}`);
  return file;
}

/** Old archives that cannot be removed are no reason not to move. */
async function removeSuperseded(
  context: Context,
  { stack }: BackupScope,
  header: Parameters<typeof superseded>[1],
  keep: number,
): Promise<void> {
  try {
    for (const { file } of superseded(await archivesIn(backupFolder(stack)), header, keep)) {
      await fs.rm(file, { force: true });
    }
  } catch (error) {
    context.progress(`old backups are still there: ${errorText(error)}`);
  }
}
