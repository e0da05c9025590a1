import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { type ConfigProblem, problem } from "./problem";

/** An inventory as it is written, not judged yet, or what is wrong with its file. */
export interface HostsFileResult {
  readonly hosts?: unknown;
  readonly problems: readonly ConfigProblem[];
}

const remedy = "Write a list of hosts as under `hosts`, as YAML or JSON.";

/**
 * Reads the inventory from a YAML or JSON file. Pulumi hands a program its whole configuration in one environment variable, which
 * Linux cuts off at 128 KiB: larger inventories have to come from a file.
 *
 * @param file Path relative to `folder`.
 * @param key Configuration key that names the file.
 */
export function readHostsFile(file: string, folder: string, key: string): HostsFileResult {
  const refuse = (reason: string): HostsFileResult => ({ problems: [problem([key], file, reason, remedy)] });
  let text: string;
  try {
    text = fs.readFileSync(path.resolve(folder, file), "utf8");
  } catch (error) {
    return refuse(`cannot be read (${(error as NodeJS.ErrnoException).code ?? "unknown error"})`);
  }
  try {
    return { hosts: parse(text) as unknown, problems: [] };
  } catch {
    return refuse("is neither YAML nor JSON");
  }
}
