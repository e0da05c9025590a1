import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../setup/paths";
import { type Rack, url } from "./addresses";
import type { LabFiles } from "./files";
import { waitFor } from "./probe";

const program = join(__dirname, "powerController.ts");

/** Process ids of all power controllers of this lab folder, found by their command line: a pid file may be stale. */
export function controllerProcesses(files: LabFiles): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      const words = commandLine(pid);
      const at = words.indexOf(program);
      return at >= 0 && words[at + 1] === files.root;
    });
}

/** Starts the power controller, or a new one when `restart` is asked for, and waits until it answers. */
export async function ensureController(
  rack: Rack,
  files: LabFiles,
  restart: boolean,
  progress: (line: string) => void,
): Promise<void> {
  if (restart || controllerProcesses(files).length > 1) await stopController(files);
  if (controllerProcesses(files).length === 0) {
    const log = openSync(files.controllerLog, "a");
    const child = spawn(process.execPath, ["--import", "tsx", program, files.root], {
      cwd: projectRoot,
      detached: true,
      stdio: ["ignore", log, log],
    });
    child.unref();
    closeSync(log);
  }
  await waitFor(
    "the power controller",
    async () => {
      const response = await fetch(url(rack.powerController), { signal: AbortSignal.timeout(3_000) });
      await response.arrayBuffer();
      return response.ok ? undefined : `it answered ${response.status}`;
    },
    { limitSeconds: 60, progress, evidence: () => Promise.resolve(logTail(files)) },
  );
}

/** Ends all power controllers of this lab folder and waits until they are gone. Returns how many there were. */
export async function stopController(files: LabFiles): Promise<number> {
  const processes = controllerProcesses(files);
  for (const pid of processes) signal(pid, "SIGTERM");
  const begin = Date.now();
  await waitFor(
    "the power controller to end",
    () => {
      const left = controllerProcesses(files);
      if (Date.now() - begin > 5_000) for (const pid of left) signal(pid, "SIGKILL");
      return Promise.resolve(left.length === 0 ? undefined : `process ${left.join(", ")} is running`);
    },
    { limitSeconds: 15 },
  );
  return processes.length;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // Gone meanwhile.
  }
}

function commandLine(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch {
    return [];
  }
}

function logTail(files: LabFiles): string {
  if (!existsSync(files.controllerLog)) return "it has written no log";
  return readFileSync(files.controllerLog, "utf8").split("\n").slice(-20).join("\n");
}
