import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { osImageName } from "../../lab/images/os";
import { versions } from "../../lab/images/versions";
import { labDir } from "../../lab/setup/paths";
import { note, track } from "../../lab/setup/progress";
import { readHosts } from "../../lifecycle/hosts/hostFailure";
import { KubeClient } from "../../lifecycle/shared/kube/client";
import { measureOperation } from "../measured";
import { benchStack, upArguments } from "../program";
import { RequestCounter } from "../requests/counter";
import { devStackValues } from "../stack";
import { ThrowAwayStack } from "../throwAwayStack";
import { type Values, withKubernetes, withWorkers } from "./changes";
import type { LifeRow } from "./table";

/** Seconds within which a host that was given back is available again. */
const settleSeconds = 600;

/** Whether a cluster can begin with the earlier Kubernetes: `make upgrade-image` was run. */
function canUpgrade(): boolean {
  return existsSync(join(labDir, "images", "os", osImageName(versions.earlierKubernetes)));
}

/**
 * The life of a stack on a lab that is empty, from `pulumi up` to `pulumi destroy`, each operation measured.
 *
 * @param log file to which all output is appended
 * @param report called after each operation with what was measured so far
 */
export async function measureLife(
  log: string,
  signal: AbortSignal,
  report: (rows: readonly LifeRow[]) => void,
): Promise<void> {
  const counter = await RequestCounter.create();
  const rows: LifeRow[] = [];
  const add = (name: string, operation: LifeRow["operation"]) => {
    rows.push({ name, operation });
    report(rows);
  };
  const upgrade = canUpgrade();
  const values = upgrade ? withKubernetes(devStackValues(), versions.earlierKubernetes) : devStackValues();
  try {
    await ThrowAwayStack.use(benchStack, values, { subject: "life", log, signal }, async (stack) => {
      const measure = async (name: string, args: readonly string[], changed?: Values) => {
        if (changed) stack.configure(changed);
        add(name, await track("life", name, () => measureOperation(stack, counter, args)));
      };
      await measure("`pulumi up`, the nine steps", upArguments);
      await measure("second `pulumi preview`", ["preview", "--expect-no-changes"]);
      await measure("`pulumi refresh`", ["refresh", "--yes", "--skip-preview", "--expect-no-changes"]);
      await measure("scale from 1 worker to 2", upArguments, withWorkers(values, 2));
      await measure("scale from 2 workers to 1", upArguments, withWorkers(values, 1));
      await settle(stack, signal);
      const name = `upgrade of Kubernetes ${versions.earlierKubernetes} to ${versions.kubernetes}`;
      if (upgrade) {
        await measure(name, upArguments, withKubernetes(values, versions.kubernetes));
        await settle(stack, signal);
      } else {
        add(name, { notMeasured: "`make upgrade-image` first" });
      }
      await measure("`pulumi destroy`", ["destroy", "--yes", "--skip-preview"]);
    });
  } finally {
    counter.remove();
  }
}

/** Waits until every host that runs no machine is available: what was given back is wiped first. Not in any time. */
async function settle(stack: ThrowAwayStack, signal: AbortSignal): Promise<void> {
  const { stdout } = await stack.pulumi(["stack", "output", "kubeconfig", "--show-secrets"], { quiet: true });
  const client = KubeClient.fromKubeconfig("the target", stdout, signal);
  const until = Date.now() + settleSeconds * 1000;
  try {
    for (;;) {
      const hosts = [...(await readHosts(client, "metal3")).values()];
      const waiting = hosts.filter(({ consumer, state }) => consumer === undefined && state !== "available");
      if (waiting.length === 0) return;
      const states = waiting.map(({ name, state }) => `${name} ${state}`).join(", ");
      if (Date.now() > until) throw new Error(`hosts are not available after ${settleSeconds} s: ${states}`);
      note("life", `waiting for ${states}`);
      await pause(5000, undefined, { signal });
    }
  } finally {
    await client.close();
  }
}
