import { homedir } from "node:os";
import { delimiter, join, resolve } from "node:path";

/** Root folder of this checkout (absolute). */
export const projectRoot = resolve(__dirname, "..", "..");

/**
 * Everything the set-up makes for this checkout; deleting it only costs the next `make setup` a few seconds.
 * `METAL3_TOOLCHAIN_DIR` puts it elsewhere (tests do).
 */
export const toolchainDir = process.env["METAL3_TOOLCHAIN_DIR"] || join(projectRoot, ".toolchain");

/** Links to the tools, by name. First entry of {@link toolPath}. */
export const binDir = join(toolchainDir, "bin");

/** Local clusterctl provider repository: `<label>/<version>/<file>`, rendered offline. */
export const providersDir = join(toolchainDir, "providers");

/** Pulumi's home of this checkout: its plugins and credentials never mix with those in `~/.pulumi`. */
export const pulumiHome = join(toolchainDir, "pulumi-home");

/** Log files of the set-up, one for each artifact. */
export const setupLogDir = join(toolchainDir, "logs");

/** State of the lab: disks, consoles, process ids. Owned by `lab/control`. */
export const labDir = join(projectRoot, ".lab");

/** State of the stacks: file backend, passphrase, kubeconfigs. Mode 0700. */
export const stateDir = join(projectRoot, ".state");

/**
 * Folder of the content-addressed cache, shared by all checkouts of the user:
 * `${XDG_CACHE_HOME:-~/.cache}/metal3-cluster`.
 */
export function cacheDir(env: NodeJS.ProcessEnv = process.env): string {
  return join(env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "metal3-cluster");
}

/** `PATH` with this checkout's tools first. Idempotent. */
export function toolPath(path: string | undefined = process.env["PATH"]): string {
  const rest = (path ?? "/usr/sbin:/usr/bin:/sbin:/bin")
    .split(delimiter)
    .filter((entry) => entry !== "" && entry !== binDir);
  return [binDir, ...rest].join(delimiter);
}
