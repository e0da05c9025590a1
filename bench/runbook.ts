import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generateCredentials } from "../lifecycle/ironicCredentials/generate";
import { ironicCredentialsInput } from "../lifecycle/inputs/ironicCredentials";
import { environment } from "../lab/setup/environment";
import { projectRoot } from "../lab/setup/paths";
import { runCommand } from "./command";
import { type Mark, parseMark, type StepSeconds, stepsFromMarks } from "./marks";
import { writeMaterial } from "./material";
import { readDevStack } from "./stack";

/** Steps and total of one way. */
export interface Times {
  readonly steps: readonly StepSeconds[];
  /** Wall clock, seconds. */
  readonly totalSeconds: number;
}

/** Writes the runbook's material into an existing folder, with Ironic credentials of its own, as the program makes them. */
export async function prepareRunbook(folder: string): Promise<void> {
  const { config, bmcCredentials } = readDevStack();
  const ironicCredentials = await generateCredentials(
    ironicCredentialsInput.parse({
      ironicIP: config.network.ironicIP,
      generation: config.ironic.credentialsGeneration,
    }),
  );
  await writeMaterial(folder, { config, bmcCredentials, ironicCredentials });
}

/** The nine steps by the shell runbook, on a lab that is empty. */
export async function measureRunbook(log: string, signal: AbortSignal): Promise<Times> {
  const folder = mkdtempSync(join(tmpdir(), "metal3-runbook-"));
  try {
    await prepareRunbook(folder);
    const marks: Mark[] = [];
    const { seconds } = await runCommand("bash", [join(projectRoot, "bench", "runbook.sh"), folder], {
      subject: "runbook",
      cwd: projectRoot,
      env: { ...process.env, ...environment(), CLUSTERCTL_DISABLE_VERSIONCHECK: "true" },
      log,
      signal,
      onLine: (line) => {
        const mark = parseMark(line);
        if (mark) marks.push(mark);
      },
    });
    return { steps: stepsFromMarks(marks), totalSeconds: seconds };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
