import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { z } from "zod";
import { stateFolder } from "../lifecycle/shared/stateFolder";
import { environment } from "../lab/setup/environment";
import { projectRoot } from "../lab/setup/paths";
import { runCommand } from "./command";
import type { Times } from "./runbook";
import { devStackValues } from "./stack";

/** Name of the throw-away stack. */
export const benchStack = "bench";

/** Pulumi looks for a stack's configuration beside the project. */
const configFile = join(projectRoot, `Pulumi.${benchStack}.yaml`);

const outputs = z.object({
  timings: z.array(z.object({ step: z.number(), name: z.string(), seconds: z.number() })),
});

/**
 * `pulumi up` of the dev stack's configuration on a lab that is empty. State and passphrase are of this run alone and are thrown
 * away; the cluster stays.
 */
export async function measureProgram(log: string, signal: AbortSignal): Promise<Times> {
  const folder = mkdtempSync(join(tmpdir(), "metal3-bench-"));
  try {
    const backend = join(folder, "backend");
    mkdirSync(backend);
    const passphrase = join(folder, "passphrase");
    writeFileSync(passphrase, `${randomBytes(24).toString("base64url")}\n`, { mode: 0o600 });
    writeFileSync(configFile, stringify({ config: devStackValues() }));
    const own = {
      PULUMI_BACKEND_URL: `file://${backend}`,
      PULUMI_CONFIG_PASSPHRASE: undefined,
      PULUMI_CONFIG_PASSPHRASE_FILE: passphrase,
      PULUMI_STACK: benchStack,
    };
    const env = { ...process.env, ...environment({ ...process.env, ...own }), ...own };
    const pulumi = (...args: string[]) =>
      runCommand("pulumi", [...args, "--non-interactive", "--color", "never"], {
        subject: "program",
        cwd: projectRoot,
        env,
        log,
        signal,
      });
    await pulumi("stack", "init", benchStack);
    const { seconds } = await pulumi("up", "--yes", "--skip-preview", "--suppress-outputs");
    const { stdout } = await pulumi("stack", "output", "--json");
    const { timings } = outputs.parse(JSON.parse(stdout));
    return { steps: timings, totalSeconds: seconds };
  } finally {
    rmSync(configFile, { force: true });
    rmSync(join(projectRoot, stateFolder(benchStack)), { recursive: true, force: true });
    rmSync(folder, { recursive: true, force: true });
  }
}
