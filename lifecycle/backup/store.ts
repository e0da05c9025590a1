import { randomBytes } from "node:crypto";
import fs from "node:fs/promises";
import path from "node:path";
import { errorText, LifecycleFailure } from "../shared/failure";
import { ensureFolder, stateFolder } from "../shared/stateFolder";
import { type ArchiveHeader, readHeader } from "./format";

/** Number of archives of one cluster that are kept unless the caller says otherwise. */
export const defaultKeep = 5;

/** Ending of an archive's name. */
const ending = ".backup";

/** Bytes read of a file for its header; a header is a few hundred. */
const headerBytes = 64 * 1024;

/** An archive that lies in a folder. */
export interface StoredArchive {
  readonly file: string;
  readonly header: ArchiveHeader;
}

/** Folder of a stack's archives, relative to the project: on the machine that runs the program, off both clusters. */
export function backupFolder(stack: string): string {
  return path.join(stateFolder(stack), "backups");
}

/**
 * Writes an archive under a name of its own, so that none is ever replaced: whole and on the disk when this returns, readable
 * by its owner alone.
 *
 * @returns Path of the file.
 * @throws LifecycleFailure when it cannot be written; nothing is left of it then.
 */
export async function storeArchive(stack: string, header: ArchiveHeader, archive: Buffer): Promise<string> {
  const folder = backupFolder(stack);
  const name = `${header.clusterName}-${header.createdAt.replace(/[-:]/g, "")}-${randomBytes(3).toString("hex")}${ending}`;
  const file = path.join(folder, name);
  const temporary = `${file}.tmp`;
  try {
    await ensureFolder(stack, "backups");
    const handle = await fs.open(temporary, "wx", 0o600);
    try {
      await handle.writeFile(archive);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await fs.rename(temporary, file);
    await syncFolder(folder);
    return file;
  } catch (error) {
    await fs.rm(temporary, { force: true }).catch(() => undefined);
    throw storageFailure(folder, archive.length, error);
  }
}

/** Makes a new name last through a loss of power. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await fs.open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full",
  EDQUOT: "the quota is used up",
  EFBIG: "the file would be larger than is allowed",
  EACCES: "permission is denied",
  EPERM: "permission is denied",
  EROFS: "the file system is read-only",
  ENOTDIR: "a part of the path is no folder",
  EEXIST: "a part of the path is no folder",
  EIO: "the disk has an error",
};

/** Why an archive could not be kept, and what to do. */
function storageFailure(folder: string, bytes: number, error: unknown): LifecycleFailure {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  return new LifecycleFailure(
    `the backup cannot be written to ${folder}: ${reasons[code] ?? errorText(error)}; nothing that moves was touched`,
    {
      evidence: [`${bytes} bytes were to be written`, errorText(error)],
      remedy: `make room in ${folder}, or make it writable, and run it again: nothing moves without a backup`,
    },
  );
}

/** The archives in a folder, newest first. Files that are none are left out. */
export async function archivesIn(folder: string): Promise<StoredArchive[]> {
  const names = await fs.readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") {
      return [] as string[];
    }
    throw error;
  });
  const found = await Promise.all(
    names
      .filter((name) => name.endsWith(ending))
      .map(async (name): Promise<StoredArchive[]> => {
        const file = path.join(folder, name);
        try {
          return [{ file, header: readHeader(await firstBytes(file), file) }];
        } catch (error) {
          if (error instanceof LifecycleFailure) {
            return [];
          }
          throw error;
        }
      }),
  );
  return found.flat().sort((a, b) => b.header.createdAt.localeCompare(a.header.createdAt));
}

async function firstBytes(file: string): Promise<Buffer> {
  const handle = await fs.open(file, "r");
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(headerBytes), 0, headerBytes, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/**
 * Archives that are no longer needed: those beyond the newest few of the same cluster. One that holds more objects than
 * every archive that stays is kept, since the newer ones may be of a cluster that was losing its objects.
 */
export function superseded(
  archives: readonly StoredArchive[],
  of: ArchiveHeader,
  keep: number,
): StoredArchive[] {
  const own = archives
    .filter(({ header }) => header.clusterName === of.clusterName && header.namespace === of.namespace)
    .sort((a, b) => b.header.createdAt.localeCompare(a.header.createdAt));
  const kept = own.slice(0, Math.max(1, keep));
  let most = Math.max(0, ...kept.map(({ header }) => objectsIn(header)));
  return own.slice(kept.length).filter(({ header }) => {
    const goes = objectsIn(header) <= most;
    most = Math.max(most, objectsIn(header));
    return goes;
  });
}

/** Number of objects in an archive. */
export function objectsIn({ counts }: ArchiveHeader): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

/** Removes the archives of a stack whose machines are released: they are the memory of a cluster that is no more. */
export async function forgetBackups(stack: string): Promise<void> {
  await fs.rm(backupFolder(stack), { recursive: true, force: true });
}
