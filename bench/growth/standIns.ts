import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { projectRoot, toolPath } from "../../lab/setup/paths";

/** Variable with the folder that stand-ins share. */
export const standInsVariable = "BENCH_STAND_INS";

/** Kubeconfigs of both clusters, in that folder. */
export const kubeconfigFiles = { bootstrap: "bootstrap.kubeconfig", target: "target.kubeconfig" } as const;

/**
 * Makes programs that take the place of others on the search path while a stack is brought up without a lab: of the container
 * engine, of kind, and of the lifecycle programs that wait for machines (as far as `node` is asked to run one). Everything else is
 * real: the engine, the program, its plugins and the API server.
 *
 * @returns variables with which `pulumi up` finds them
 */
export function makeStandIns(
  folder: string,
  kubeconfigs: Readonly<Record<keyof typeof kubeconfigFiles, string>>,
): Record<string, string> {
  const bin = join(folder, "bin");
  mkdirSync(bin, { recursive: true });
  for (const [side, file] of Object.entries(kubeconfigFiles)) {
    writeFileSync(join(folder, file), kubeconfigs[side as keyof typeof kubeconfigFiles], { mode: 0o600 });
  }
  const loader = pathToFileURL(join(projectRoot, "node_modules/tsx/dist/loader.mjs")).href;
  const standIn = `exec "${process.execPath}" --import "${loader}" "${join(__dirname, "standIn.ts")}"`;
  const scripts = {
    docker: `${standIn} docker "$@"`,
    kind: `${standIn} kind "$@"`,
    node: [
      `case " $* " in *" lifecycle/main.ts "*) ${standIn} node "$@" ;; esac`,
      `exec "${process.execPath}" "$@"`,
    ].join("\n"),
  };
  for (const [name, script] of Object.entries(scripts)) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  return { PATH: `${bin}:${toolPath()}`, [standInsVariable]: folder };
}
