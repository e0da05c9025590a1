import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";

/** Debian release of everything that runs in the lab's containers and hosts. */
export const debianRelease = "trixie";

/** Where the machine gets Debian packages from. */
export interface DebianMirror {
  /** Archive root, with a slash at the end. */
  readonly uri: string;
  /** Keyring file on this machine that signs it; empty: apt's default keyrings. */
  readonly keyring: string;
  /** Lines of apt configuration that the machine needs to use it (proxies, checks of dates). */
  readonly options: readonly string[];
}

/** One source of packages, of one suite. */
export interface AptSource {
  readonly uri: string;
  readonly suite: string;
  readonly components: readonly string[];
  /** Path of a keyring file; empty when the source names none. */
  readonly keyring: string;
}

/** Sources in apt's one-line format (`deb [signed-by=…] uri suite component…`). Pure. */
export function parseSourceLines(text: string): AptSource[] {
  return text.split("\n").flatMap((line) => {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)([^#]*)/.exec(line);
    if (match === null) return [];
    const [, options = "", uri = "", suite = "", components = ""] = match;
    const keyring = /(?:^|\s)signed-by=(\S+)/.exec(options)?.[1] ?? "";
    return [{ uri, suite, components: words(components), keyring: asPath(keyring) }];
  });
}

/** Sources in apt's deb822 format (`Types: deb`, `URIs: …`). Pure. */
export function parseSourceStanzas(text: string): AptSource[] {
  return text.split(/\n\s*\n/).flatMap((stanza) => {
    const fields = new Map<string, string>();
    let last = "";
    for (const line of stanza.split("\n").filter((one) => !one.startsWith("#"))) {
      const match = /^([A-Za-z-]+):\s*(.*)$/.exec(line);
      if (match !== null) last = (match[1] ?? "").toLowerCase();
      fields.set(last, `${fields.get(last) ?? ""} ${match === null ? line.trim() : (match[2] ?? "")}`);
    }
    const field = (name: string): string[] => words(fields.get(name) ?? "");
    if (!field("types").includes("deb") || field("enabled")[0] === "no") return [];
    const keyring = asPath(field("signed-by")[0] ?? "");
    return field("uris").flatMap((uri) =>
      field("suites").map((suite) => ({ uri, suite, components: field("components"), keyring })),
    );
  });
}

/**
 * The archive to take packages of `release` from: that of the release itself, else that of another main release, because
 * the archive root is the same. Pure. No such source is an error.
 */
export function chooseMirror(
  sources: readonly AptSource[],
  release: string,
): { uri: string; keyring: string } {
  const main = sources.filter((one) => one.components.includes("main") && /^[a-z]+$/.test(one.suite));
  const chosen =
    main.find((one) => one.suite === release && isDebian(one)) ??
    main.find((one) => one.suite === release) ??
    main.find(isDebian);
  if (chosen === undefined) {
    throw new Error(
      `apt knows no Debian archive on this machine. Add one to /etc/apt/sources.list.d (suite ${release}, component main).`,
    );
  }
  return { uri: chosen.uri.endsWith("/") ? chosen.uri : `${chosen.uri}/`, keyring: chosen.keyring };
}

let known: Promise<DebianMirror> | undefined;

/** Reads the machine's apt configuration, once. */
export function machineMirror(): Promise<DebianMirror> {
  known ??= readMirror("/etc/apt");
  return known;
}

async function readMirror(folder: string): Promise<DebianMirror> {
  const parts = join(folder, "sources.list.d");
  const files = [
    join(folder, "sources.list"),
    ...(existsSync(parts) ? readdirSync(parts).sort() : []).map((name) => join(parts, name)),
  ];
  const sources = files.flatMap((file) => {
    if (!existsSync(file)) return [];
    if (file.endsWith(".list")) return parseSourceLines(readFileSync(file, "utf8"));
    return file.endsWith(".sources") ? parseSourceStanzas(readFileSync(file, "utf8")) : [];
  });
  const config = await execa("apt-config", ["dump", "Acquire"]);
  const options = config.stdout
    .split("\n")
    .filter((line) => /^Acquire::(Check-Valid-Until|Check-Date|Retries|https?::Proxy) /i.test(line));
  return { ...chooseMirror(sources, debianRelease), options };
}

function isDebian(source: AptSource): boolean {
  return /\/debian\/?$/.test(source.uri);
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}

/** A keyring can also be given by fingerprint or in full, which no other apt can be told by a path. */
function asPath(keyring: string): string {
  return keyring.startsWith("/") ? keyring : "";
}
