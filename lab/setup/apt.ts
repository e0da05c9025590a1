import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { execa } from "execa";
import { ArtifactError, run } from "./cache";
import { type DebianPackage, debianPackages } from "./packages";
import { setupLogDir } from "./paths";
import { note, track } from "./progress";
import { which } from "./systemTools";

/** No question is asked, no service of the machine restarted. */
const aptEnv = { DEBIAN_FRONTEND: "noninteractive", NEEDRESTART_SUSPEND: "1", LC_ALL: "C.UTF-8" };

/** Installs the Debian packages of `packages.ts` that are missing; one apt run for all of them. */
export async function setUpPackages(): Promise<void> {
  const missing = await missingPackages(debianPackages);
  if (missing.length === 0) return;
  for (const { name, why } of missing) note("packages", `${name} is missing (${why})`);
  await aptInstall(
    "packages",
    missing.map(({ name }) => name),
  );
}

/** The packages that neither a program on the search path nor dpkg's records show to be there. */
export async function missingPackages(packages: readonly DebianPackage[]): Promise<DebianPackage[]> {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/sbin"];
  const unknown = packages.filter(
    ({ program }) => program === undefined || which(program, folders) === undefined,
  );
  if (unknown.length === 0) return [];
  const query = await execa(
    "dpkg-query",
    ["-W", "-f", "${db:Status-Abbrev} ${Package}\n", ...unknown.map(({ name }) => name)],
    {
      reject: false,
    },
  );
  if (query.exitCode === undefined)
    throw new Error("dpkg-query is not there: this set-up needs Debian or one of its kin");
  const installed = installedPackages(query.stdout);
  return unknown.filter(({ name }) => !installed.has(name));
}

/** Names in `dpkg-query` lines `<status> <package>` whose status is installed. Pure. */
export function installedPackages(text: string): Set<string> {
  return new Set([...text.matchAll(/^.i[ ]?\s*(\S+)$/gm)].map((match) => match[1] ?? ""));
}

/**
 * `apt-get install` without recommended packages; `name/suite` takes a package from that suite. The index is refreshed
 * first. Needs root.
 */
export async function aptInstall(subject: string, packages: readonly string[]): Promise<void> {
  if (process.getuid?.() !== 0)
    throw new Error(
      `${subject}: installing ${packages.join(", ")} needs root; run this as root once, or install them yourself`,
    );
  mkdirSync(setupLogDir, { recursive: true });
  const log = join(setupLogDir, `${subject}.log`);
  try {
    await track(
      subject,
      `installing ${packages.join(" ")}`,
      async () => {
        await run(log, "apt-get", ["update", "-q"], { env: aptEnv });
        await run(
          log,
          "apt-get",
          ["install", "-q", "-y", "--no-install-recommends", "-o", "Dpkg::Use-Pty=0", ...packages],
          { env: aptEnv },
        );
      },
      log,
    );
  } catch (error) {
    throw new ArtifactError(subject, log, error);
  }
}

/** Debian's name of the machine's release (`bookworm`), empty when it is no Debian. */
export function debianCodename(osRelease = "/etc/os-release"): string {
  if (!existsSync(osRelease)) return "";
  return parseOsRelease(readFileSync(osRelease, "utf8"))["VERSION_CODENAME"] ?? "";
}

/** Keys and values of an os-release file. Pure. */
export function parseOsRelease(text: string): Record<string, string> {
  return Object.fromEntries(
    [...text.matchAll(/^([A-Z0-9_]+)=(?:"([^"]*)"|'([^']*)'|(.*))$/gm)].map((match) => [
      match[1],
      match[2] ?? match[3] ?? match[4] ?? "",
    ]),
  );
}
