import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { rack, url } from "../control/addresses";
import { binDir, pulumiHome, stateDir, toolPath } from "./paths";
import { usesOfflinePlugins } from "./plugins";

/** Name of the stack that `make up` brings up. */
export const devStack = "dev";

/**
 * What a shell needs so that `pulumi`, `kubectl` and `clusterctl` act on this checkout: search path, Pulumi's home, state
 * backend, passphrase and stack, and the lab's addresses. Settings of the user (backend, passphrase, stack) are kept.
 */
export function environment(env: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const passphrase: Record<string, string> =
    env["PULUMI_CONFIG_PASSPHRASE"] !== undefined || env["PULUMI_CONFIG_PASSPHRASE_FILE"]
      ? {}
      : { PULUMI_CONFIG_PASSPHRASE_FILE: passphraseFile };
  return {
    PATH: toolPath(env["PATH"]),
    PULUMI_HOME: pulumiHome,
    PULUMI_BACKEND_URL: env["PULUMI_BACKEND_URL"] || `file://${backendDir}`,
    ...passphrase,
    PULUMI_STACK: env["PULUMI_STACK"] || devStack,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    ...(usesOfflinePlugins() ? { PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true" } : {}),
    // Types are checked by `make check`; a run only strips them.
    PULUMI_NODEJS_TRANSPILE_ONLY: "true",
    LAB_NETWORK: rack.name,
    LAB_REDFISH: url(rack.bmc),
    LAB_REGISTRY: `${rack.registry.address}:${rack.registry.port}`,
    LAB_IMAGES: url(rack.imageServer),
    LAB_IRONIC: rack.ironic,
  };
}

const backendDir = join(stateDir, "backend");
const passphraseFile = join(stateDir, "passphrase");

/** Makes the local state backend and its passphrase, unless they are there; readable for their owner only. */
export function makeState(): void {
  for (const dir of [stateDir, backendDir]) {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    chmodSync(dir, 0o700);
  }
  if (!existsSync(passphraseFile))
    writeFileSync(passphraseFile, `${randomBytes(24).toString("base64url")}\n`, { mode: 0o600, flag: "wx" });
}

/** Lines that a shell evaluates. The search path is extended, not replaced, so that they stay valid in other shells. Pure. */
export function exportLines(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .map(([name, value]) =>
      name === "PATH" ? `export PATH=${quote(binDir)}:"$PATH"` : `export ${name}=${quote(value)}`,
    )
    .join("\n");
}

/** A word for a POSIX shell. Pure. */
export function quote(text: string): string {
  return /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
