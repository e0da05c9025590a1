import { type PivotInput, pivotInput, type PivotResult } from "../inputs/pivot";
import { countsByKind } from "../inventory/graph";
import { type Inventory, readInventory } from "../inventory/read";
import { type Context, secret, timed } from "../shared/context";
import { LifecycleFailure } from "../shared/failure";
import { KubeClient } from "../shared/kube/client";
import { type ObjectRef, text } from "../shared/kube/objects";
import { types } from "../shared/kube/types";
import { managementKubeconfigPath, switchToTarget } from "../shared/managementKubeconfig";
import { endOrphans } from "../shared/stateFolder";
import { defineVerb } from "../shared/verb";
import { waitFor } from "../shared/waitFor";
import type { z } from "zod";
import { clusterEvidence } from "../machines/evidence";
import { assessArrival } from "./arrival";
import { deleteMovedFromSource } from "./finishForward";
import { passGate } from "./gate/gate";
import { type MovePlan, readPlan, writeBackup, writePlan } from "./journal";
import { runMove } from "./move";
import { stopSourceOperator } from "./operator";
import { holdHosts, releaseHeldHosts, releaseHosts, setClusterPaused, unpauseSource } from "./prepare";
import { type Survey, survey } from "./survey";
import { wakeControllers } from "./wake";

type Settings = z.output<typeof pivotInput>;

/** Calls to the target's controllers to look at what has arrived, and the seconds between them. More are of no use. */
const wakeCalls = 4;
const wakeSeconds = 4;

/** Everything that the steps of one pivot share. */
interface Pivot {
  readonly context: Context;
  readonly input: Settings;
  readonly source: KubeClient;
  readonly target: KubeClient;
  readonly operator: ObjectRef;
}

/** `pivot`: moves everything to the target, from wherever an earlier attempt has stopped, and proves that it arrived. */
export const verb = defineVerb({
  input: pivotInput,
  secrets: ["SOURCE_KUBECONFIG", "TARGET_KUBECONFIG"],
  async run(input, context): Promise<PivotResult> {
    const client = (name: string, variable: string) =>
      KubeClient.fromKubeconfig(name, secret(context, variable), context.signal);
    const source = client("source", "SOURCE_KUBECONFIG");
    const target = client("target", "TARGET_KUBECONFIG");
    const operator = {
      ...types.deployment,
      namespace: input.operatorNamespace,
      name: input.operatorDeployment,
    };
    const pivot: Pivot = { context, input, source, target, operator };

    await endOrphans(input.stack);
    const plan = await readPlan(input.stack, input.clusterName);
    const found = await survey(context, source, target, input, plan);
    context.progress(`state of the move: ${found.phase}; ${inventoryLine(found)}`);
    const seconds = await goOn(pivot, found);
    const verified = await timed(() => verify(pivot, found.source !== undefined));
    await switchToTarget(input.stack, secret(context, "TARGET_KUBECONFIG"), {
      clusterName: input.clusterName,
      pivotedAt: new Date().toISOString(),
    });
    await Promise.all([source.close(), target.close()]);
    const counts = countsByKind(verified.value.moving);
    context.progress(`the target owns ${verified.value.moving.length} objects: ${countsLine(counts)}`);
    return {
      foundPhase: found.phase,
      counts,
      seconds: { ...seconds, verify: verified.seconds },
      managementKubeconfig: managementKubeconfigPath(input.stack),
    };
  },
});

/** Goes on from what was found, until the target has everything and is unpaused. */
async function goOn(pivot: Pivot, found: Survey): Promise<Record<string, number>> {
  switch (found.phase) {
    case "not-begun":
    case "partly-created":
      return moveFromSource(pivot, found);
    case "deletion-begun": {
      const { seconds } = await timed(() => finishOnSource(pivot, found));
      return { finish: seconds };
    }
    case "moved-but-paused":
    case "done":
      await resumeTarget(pivot, found.target);
      return {};
    case "nothing-to-move":
      throw new LifecycleFailure(
        `there is no Cluster ${pivot.input.namespace}/${pivot.input.clusterName} on either side`,
        {
          remedy: found.source
            ? "create the target cluster first"
            : "the source cluster is gone; the stack's backup, if there is one, is in its state folder under pivot/",
        },
      );
    case "broken":
      throw new LifecycleFailure("the move was interrupted in a way that the inventories do not explain", {
        evidence: [inventoryLine(found), ...found.odd.map((key) => `odd: ${key}`)],
        remedy:
          "nothing was touched. Objects that only the source has were made by controllers since: delete them there by hand. Objects that neither side has are in the stack's state folder, pivot/backup.json",
      });
  }
}

/** The source is complete: gate, precautions, `clusterctl move`. */
async function moveFromSource(pivot: Pivot, found: Survey): Promise<Record<string, number>> {
  const { context, input, source, operator } = pivot;
  const resumed = found.phase === "partly-created" || (await hasPlan(input));
  const gate = await timed(() => passGate(context, pivot, input, resumed));
  const { source: inventory, nodes } = gate.value;
  const bootIDs = Object.fromEntries(
    nodes.map((node) => [node.metadata.name, text(node, "status", "nodeInfo", "bootID") ?? ""]),
  );
  const prepared = await timed(async () => {
    const backup = await writeBackup(input.stack, inventory.moving);
    await rememberPlan(input, [...inventory.keys].sort(), bootIDs);
    context.progress(
      `${inventory.moving.length} objects will move: ${countsLine(countsByKind(inventory.moving))}`,
    );
    context.progress(`copy of all of them: ${backup}`);
    await stopSourceOperator(context, source, operator);
    if (inventory.paused && inventory.cluster) {
      await unpauseSource(context, source, inventory.cluster);
    }
    await holdHosts(context, source, input.namespace);
  });
  const moved = await timed(() => moveWithWatcher(pivot, inventory.moving.length));
  await releaseHosts(pivot.target, input.namespace);
  return { gate: gate.seconds, prepare: prepared.seconds, move: moved.seconds };
}

async function hasPlan(input: PivotInput): Promise<boolean> {
  return (await readPlan(input.stack, input.clusterName)) !== undefined;
}

/** The first attempt's note stays: boot IDs of a later one would hide a reboot in between. */
async function rememberPlan(input: Settings, keys: string[], bootIDs: Record<string, string>): Promise<void> {
  const earlier = await readPlan(input.stack, input.clusterName);
  const plan: MovePlan = {
    clusterName: input.clusterName,
    namespace: input.namespace,
    plannedAt: earlier?.plannedAt ?? new Date().toISOString(),
    keys,
    bootIDs: { ...bootIDs, ...earlier?.bootIDs },
  };
  await writePlan(input.stack, plan);
}

async function moveWithWatcher({ context, input, source }: Pivot, objects: number): Promise<void> {
  const stopWatcher = new AbortController();
  const signal = AbortSignal.any([context.signal, stopWatcher.signal]);
  const watcher = releaseHeldHosts(context, source, input.namespace, signal);
  try {
    await runMove(context, {
      stack: input.stack,
      namespace: input.namespace,
      sourceKubeconfig: secret(context, "SOURCE_KUBECONFIG"),
      targetKubeconfig: secret(context, "TARGET_KUBECONFIG"),
      objects,
      limitSeconds: input.limits.move,
    });
  } finally {
    stopWatcher.abort();
    await watcher;
  }
}

/** The target is complete, the source is not: delete the rest there, and let the target go on. */
async function finishOnSource(pivot: Pivot, found: Survey): Promise<void> {
  const { context, source, operator } = pivot;
  if (found.source) {
    await stopSourceOperator(context, source, operator);
    await deleteMovedFromSource(context, source, found.source, found.target.keys);
  }
  await resumeTarget(pivot, found.target);
}

/** Lets the target's controllers work. Hosts first: CAPM3 must find them as it left them. */
async function resumeTarget({ context, input, target }: Pivot, inventory: Inventory): Promise<void> {
  const released = await releaseHosts(target, input.namespace);
  if (released.length > 0) {
    context.progress(`released hosts ${released.join(", ")} on the target`);
  }
  if (inventory.cluster && inventory.paused) {
    context.progress("unpausing the Cluster on the target");
    await setClusterPaused(target, inventory.cluster, false);
  }
}

/** Waits until the world is as it was, with another owner. */
async function verify({ context, input, source, target }: Pivot, sourceExists: boolean): Promise<Inventory> {
  const { namespace, clusterName } = input;
  const planned = await readPlan(input.stack, clusterName);
  let wokenAt = 0;
  let calls = 0;
  return waitFor(context, {
    what: "the target to own everything as it was",
    limitSeconds: input.limits.verify,
    intervalSeconds: 2,
    poll: async () => {
      const [left, arrived, nodes] = await Promise.all([
        sourceExists ? readInventory(source, namespace, clusterName) : undefined,
        readInventory(target, namespace, clusterName),
        (input.nodesOn === "source" ? source : target).list(types.node),
      ]);
      const reasons = assessArrival({ source: left, target: arrived, nodes, planned });
      if (reasons.length === 0) {
        return { done: true, value: arrived };
      }
      if (!arrived.paused && calls < wakeCalls && Date.now() - wokenAt >= wakeSeconds * 1000) {
        await wakeControllers(target, arrived.moving);
        wokenAt = Date.now();
        calls++;
      }
      return { done: false, state: reasons.join("; ") };
    },
    evidence: () => clusterEvidence(target, namespace, clusterName),
    remedy:
      "the objects are on the target; mend what is named above and run `pulumi up` again: it goes on from here",
  });
}

function inventoryLine({ source, target }: Survey): string {
  return `the source ${source ? `holds ${source.keys.size}` : "is gone"}, the target holds ${target.keys.size} of the objects that move`;
}

function countsLine(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([kind, number]) => `${number} ${kind}`)
    .join(", ");
}
