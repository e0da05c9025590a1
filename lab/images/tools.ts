import { accessSync, constants, realpathSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { hashFiles } from "../setup/cache";
import { cacheDir, toolPath } from "../setup/paths";

/** A program that goes into an image. */
export interface Tool {
  readonly name: string;
  /** Absolute path, links resolved. */
  readonly path: string;
  /** Changes when the program changes. */
  readonly key: string;
}

/**
 * Finds a program in the checkout's toolchain, else on PATH. The name of a file in the cache tells its content, so such
 * a file is not read; any other is hashed. A program that is nowhere is an error.
 */
export function tool(name: string): Tool {
  for (const folder of toolPath().split(delimiter)) {
    const candidate = join(folder, name);
    try {
      accessSync(candidate, constants.X_OK);
    } catch {
      continue;
    }
    const path = realpathSync(candidate);
    if (!statSync(path).isFile()) continue;
    return toolAt(name, path);
  }
  throw new Error(`the program ${name}, which an image needs, is not in .toolchain/bin: run "make setup"`);
}

/** A program in a file. */
export function toolAt(name: string, path: string): Tool {
  const key = path.startsWith(`${cacheDir()}/`) ? path.slice(cacheDir().length) : hashFiles([path]);
  return { name, path, key };
}
