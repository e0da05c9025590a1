import { existsSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";

/** Escapes a module path as the module cache does: capital letters as `!` and the small letter. Pure. */
export function escapeModule(path: string): string {
  return path.replace(/[A-Z]/g, (letter) => `!${letter.toLowerCase()}`);
}

/** Folder of a Go module in the module cache; it is downloaded when it is missing. */
export async function moduleFolder(path: string, version: string): Promise<string> {
  const { stdout: cache } = await execa("go", ["env", "GOMODCACHE"]);
  const folder = join(cache.trim(), `${escapeModule(path)}@${version}`);
  if (existsSync(folder)) return folder;
  const { stdout } = await execa("go", ["mod", "download", "-json", `${path}@${version}`], {
    cwd: "/",
    env: { GOFLAGS: "-mod=mod" },
  });
  return (JSON.parse(stdout) as { Dir: string }).Dir;
}
