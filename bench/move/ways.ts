/** The two ways of moving the objects of a cluster. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { toolPath } from "../../lab/setup/paths";
import { generateKey } from "../../lifecycle/backup/key";
import { holdHosts } from "../../lifecycle/pivot/prepare";
import { stopSourceOperator } from "../../lifecycle/pivot/operator";
import { createContext } from "../../lifecycle/shared/context";
import { operatorRef } from "../../tests/pivot/support/population";
import { kill, runProgram } from "../../tests/pivot/support/program";
import { clusterName, namespace } from "../../tests/pivot/support/seeds";
import { runCommand } from "../command";
import type { MoveWorld } from "./world";

/** The limit of one way, seconds: nothing is waited for so long at any size that was measured. */
const limitSeconds = 7200;

/** What the program took, seconds. */
export interface PivotTimes {
  /** From the start of the process to its end. */
  readonly seconds: number;
  /** Its own account: gate, prepare, move, verify. */
  readonly stages: Readonly<Record<string, number>>;
}

/**
 * Bare `clusterctl move`, from its start to its end. What an operator has done by then is not counted: the Bare Metal Operator
 * is stopped with its webhook, and every host carries its pause and status, without which hosts would be inspected again.
 *
 * @returns Seconds.
 */
export async function moveBare(world: MoveWorld, log: string, signal: AbortSignal): Promise<number> {
  const context = createContext({ verb: "bare", signal, limitSeconds, sink: () => undefined });
  await stopSourceOperator(context, world.source, operatorRef);
  await holdHosts(context, world.source, namespace);
  return withFolder(async (folder) => {
    const files = ["source", "target", "clusterctl.yaml"].map((name) => join(folder, name));
    const { source, target } = world.kubeconfigs;
    const [from = "", to = "", config = ""] = files;
    await Promise.all([
      writeFile(from, source, { mode: 0o600 }),
      writeFile(to, target, { mode: 0o600 }),
      writeFile(config, "{}\n"),
    ]);
    const where = ["--config", config, "--kubeconfig", from, "--to-kubeconfig", to, "-n", namespace];
    const { seconds } = await runCommand("clusterctl", ["move", ...where], {
      subject: "clusterctl",
      cwd: folder,
      env: { PATH: toolPath(), HOME: folder, CLUSTERCTL_DISABLE_VERSIONCHECK: "true" },
      log,
      signal,
    });
    return seconds;
  });
}

const pivotResult = z.object({ foundPhase: z.string(), seconds: z.record(z.string(), z.number()) });

/** The program's `pivot` with the defaults of its limits, from the start of its process to its end. */
export async function movePivot(world: MoveWorld, log: string, signal: AbortSignal): Promise<PivotTimes> {
  signal.throwIfAborted();
  const backupKey = await generateKey();
  return withFolder(async (folder) => {
    const { exitCode, output, seconds } = await runProgram({
      verb: "pivot",
      folder,
      input: { stack: "bench", namespace, clusterName },
      secrets: {
        SOURCE_KUBECONFIG: world.kubeconfigs.source,
        TARGET_KUBECONFIG: world.kubeconfigs.target,
        BACKUP_KEY: backupKey,
      },
      limitSeconds,
      onStart: (child) => signal.addEventListener("abort", () => kill(child), { once: true }),
    });
    await writeFile(log, output);
    signal.throwIfAborted();
    const lines = output.trimEnd().split("\n");
    if (exitCode !== 0) throw new Error(`pivot failed: ${lines.slice(-20).join("\n")}`);
    const found = pivotResult.parse(JSON.parse(lines.filter((line) => line.startsWith("{")).at(-1) ?? "{}"));
    if (found.foundPhase !== "not-begun")
      throw new Error(`pivot found ${found.foundPhase}: not a whole move`);
    return { seconds, stages: found.seconds };
  });
}

async function withFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "bench-move-"));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
