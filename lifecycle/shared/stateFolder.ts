import { randomBytes } from "node:crypto";
import fs from "node:fs/promises";
import path from "node:path";
import { endOrphansIn, runPrefix } from "./orphans";

/** Folder of a stack's local files, relative to the project: 0700, not under version control. */
export function stateFolder(stack: string): string {
  return path.join(".state", stack);
}

/** Creates the stack's folder (or one in it) for its owner alone and returns its path. */
export async function ensureFolder(stack: string, ...segments: string[]): Promise<string> {
  const folder = path.join(stateFolder(stack), ...segments);
  await fs.mkdir(folder, { recursive: true, mode: 0o700 });
  await fs.chmod(folder, 0o700);
  return folder;
}

/** Replaces a file in one step, readable by its owner alone: readers see the old content or the new, never a part. */
export async function writePrivateFile(file: string, content: string): Promise<void> {
  const temporary = `${file}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    const handle = await fs.open(temporary, "wx", 0o600);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await fs.rename(temporary, file);
  } catch (error) {
    await fs.rm(temporary, { force: true });
    throw error;
  }
}

/** The content of a file, or undefined when there is none. */
export async function readIfPresent(file: string): Promise<string | undefined> {
  try {
    return await fs.readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") {
      return undefined;
    }
    throw error;
  }
}

/**
 * Gives `use` a new folder under the stack's `tmp`, and removes it afterwards whatever happens. For files that external
 * programs insist on, such as a kubeconfig.
 */
export async function withTemporaryFolder<T>(stack: string, use: (folder: string) => Promise<T>): Promise<T> {
  const parent = await ensureFolder(stack, "tmp");
  await endOrphans(stack);
  const folder = await fs.mkdtemp(path.join(path.resolve(parent), `${runPrefix}${process.pid}-`));
  try {
    return await use(folder);
  } finally {
    await fs.rm(folder, { recursive: true, force: true });
    // Left in place while another program of the stack has a folder in it.
    await fs.rmdir(parent).catch(() => undefined);
  }
}

/**
 * Cleans up after programs of the stack that were killed: ends the external programs that they left running, which could
 * still write to clusters, and removes their temporary folders.
 */
export async function endOrphans(stack: string): Promise<void> {
  await endOrphansIn(path.resolve(stateFolder(stack), "tmp"));
}
