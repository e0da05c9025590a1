import { setTimeout as delay } from "node:timers/promises";
import { hosts, rack } from "../../lab/control/addresses";
import { docker } from "../../lab/control/docker";
import { containerName } from "../../lab/control/services";
import type { Disturbance } from "./cases";

/** Seconds for which BMCs are silent: longer than Ironic waits for an answer. */
const silentSeconds = 60;

/** Lets something fail, and returns when it is mended, or mends itself from now on. */
export async function disturb(what: Disturbance): Promise<void> {
  if (what === "target's Ironic killed") return killIronic();
  const pid = await bmcProcess();
  process.kill(pid, "SIGSTOP");
  try {
    await delay(silentSeconds * 1000);
  } finally {
    process.kill(pid, "SIGCONT");
  }
}

/** The one process that answers for all BMCs, which accepts connections as long as it is stopped, and says nothing. */
async function bmcProcess(): Promise<number> {
  const listed = await docker(["top", containerName(rack, "bmc"), "-eo", "pid,args"]);
  const line = listed.split("\n").find((text) => /^\s*\d+\s+\S*python\s+\S*lab_bmc\.py/.test(text));
  if (!line) throw new Error(`the BMCs' process is not among:\n${listed}`);
  return Number.parseInt(line, 10);
}

/** Kills every process of Ironic on the hosts, with what they were at; the kubelet starts the containers anew. */
async function killIronic(): Promise<void> {
  const killed = await Promise.all(
    hosts().map(({ container }) =>
      docker(["exec", container, "pkill", "--signal", "KILL", "--count", "--full", "^ironic: "])
        .then((count) => Number(count))
        .catch(() => 0),
    ),
  );
  if (killed.every((count) => count === 0)) throw new Error("no host runs Ironic");
}
