import { readFileSync, writeFileSync } from "node:fs";
import { stringify } from "yaml";

/**
 * Replaces a stack's configuration. The salt of its secrets, which Pulumi keeps in the same file, stays: without it they cannot be
 * read.
 *
 * @param file `Pulumi.<stack>.yaml`; it need not be there yet.
 * @param config Values by full key, such as `metal3:workers`.
 */
export function writeStackConfig(file: string, config: Readonly<Record<string, unknown>>): void {
  writeFileSync(file, `${stringify({ config })}${salt(file)}`);
}

function salt(file: string): string {
  try {
    return /^encryptionsalt: .*\n/m.exec(readFileSync(file, "utf8"))?.[0] ?? "";
  } catch {
    return "";
  }
}
