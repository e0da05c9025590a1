import { copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Settings of pip that say where packages come from. */
const indexSettings = ["index-url", "extra-index-url", "trusted-host", "proxy", "timeout"];

/**
 * Hands `use` a folder with the machine's certificate bundle (`ca-certificates.crt`) and package index (`pip.conf`), as a
 * build context from which a Dockerfile can mount them, and removes it afterwards. Neither belongs into a layer or the
 * cache's keys: the packages are pinned, where they come from does not matter.
 */
export async function withMachineContext<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "machine-"));
  try {
    copyFileSync(certificateBundle(process.env), join(folder, "ca-certificates.crt"));
    writeFileSync(join(folder, "pip.conf"), pipConfiguration(await configuredPip()), { mode: 0o600 });
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The bundle that the machine's own pip trusts. */
function certificateBundle(env: NodeJS.ProcessEnv): string {
  const candidates = [env["PIP_CERT"], env["SSL_CERT_FILE"], "/etc/ssl/certs/ca-certificates.crt"];
  const bundle = candidates.find((path) => path !== undefined && path !== "" && existsSync(path));
  if (bundle === undefined) {
    throw new Error(
      `no certificate bundle at ${candidates.filter(Boolean).join(", ")}: install ca-certificates`,
    );
  }
  return bundle;
}

/** Output of `pip config list`, files and environment together; empty where there is no pip. */
async function configuredPip(): Promise<string> {
  const { execa } = await import("execa");
  const listed = await execa("python3", ["-m", "pip", "config", "list"], { reject: false });
  return listed.failed ? "" : listed.stdout;
}

/** A pip.conf with the index settings of `pip config list`. The environment wins over `install`, and that over `global`. Pure. */
export function pipConfiguration(listed: string): string {
  const settings = new Map<string, string>();
  for (const section of ["global", "install", ":env:"]) {
    for (const line of listed.split("\n")) {
      const [, from, name, value] = /^(global|install|:env:)\.([a-z-]+)='(.*)'$/.exec(line.trim()) ?? [];
      if (from !== section || name === undefined || value === undefined) continue;
      if (indexSettings.includes(name)) settings.set(name, value);
    }
  }
  return ["[global]", ...[...settings].map(([name, value]) => `${name} = ${value}`), ""].join("\n");
}
