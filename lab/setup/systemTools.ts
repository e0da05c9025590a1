import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { execa } from "execa";
import { binDir } from "./paths";

/** A program that the machine already has. */
export interface InstalledTool {
  /** Absolute path as found on PATH. */
  readonly path: string;
  /** `major.minor.patch`. */
  readonly version: string;
}

interface SystemTool {
  readonly name: string;
  /** Arguments that print the version. */
  readonly args: readonly string[];
  /** Lowest version that fits. */
  readonly atLeast: string;
  /** Up to what it must agree with {@link atLeast}: a later minor version of clusterctl refuses these providers. */
  readonly same: "major" | "minor";
  /** Programs that have to lie on PATH as well. */
  readonly companions?: readonly string[];
}

/** Tools that the project does not depend on to the last digit. Everything else is built as pinned. */
const systemTools: readonly SystemTool[] = [
  {
    name: "pulumi",
    args: ["version"],
    atLeast: "3.259.0",
    same: "major",
    companions: ["pulumi-language-nodejs"],
  },
  { name: "kind", args: ["version"], atLeast: "0.33.0", same: "minor" },
  { name: "clusterctl", args: ["version", "-o", "short"], atLeast: "1.13.6", same: "minor" },
];

/** The first `major.minor.patch` in a program's answer. Pure. */
export function parseVersion(text: string): string | undefined {
  return /(?:^|[^\d.])v?(\d+\.\d+\.\d+)/.exec(text)?.[1];
}

/** Whether `version` is `atLeast` or later, and the same up to its major or minor part. Pure. */
export function versionFits(version: string, atLeast: string, same: "major" | "minor"): boolean {
  const numbers = (text: string) => text.split(".").map(Number);
  const [have, want] = [numbers(version), numbers(atLeast)];
  const fixed = same === "major" ? 1 : 2;
  for (let index = 0; index < 3; index++) {
    const difference = (have[index] ?? 0) - (want[index] ?? 0);
    if (difference !== 0) return difference > 0 && index >= fixed;
  }
  return true;
}

/** Looks on PATH, this checkout's own tools left out, for tools in a fitting version. */
export async function installedTools(
  path = process.env["PATH"] ?? "",
): Promise<ReadonlyMap<string, InstalledTool>> {
  const folders = path.split(delimiter).filter((folder) => folder !== "" && folder !== binDir);
  const found = new Map<string, InstalledTool>();
  for (const tool of systemTools) {
    const program = which(tool.name, folders);
    if (program === undefined) continue;
    const answer = await execa(program, tool.args, { reject: false, timeout: 10_000, input: "" });
    const version = parseVersion(answer.stdout);
    if (version === undefined || !versionFits(version, tool.atLeast, tool.same)) continue;
    const companions = (tool.companions ?? []).map((name) => [name, which(name, folders)] as const);
    if (companions.some(([, file]) => file === undefined)) continue;
    found.set(tool.name, { path: program, version });
    for (const [name, file] of companions) if (file !== undefined) found.set(name, { path: file, version });
  }
  return found;
}

/** Absolute path of a program in the first of the folders that has it. */
export function which(name: string, folders: readonly string[]): string | undefined {
  return folders
    .map((folder) => join(folder, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
