import type { z } from "zod";
import { backUp } from "../backup/backUp";
import { backupFolder } from "../backup/store";
import { pivotInput, type PivotResult } from "../inputs/pivot";
import { countsByKind } from "../inventory/graph";
import type { Inventory } from "../inventory/read";
import { type Context, secret, timed } from "../shared/context";
import { LifecycleFailure } from "../shared/failure";
import { credentialsFrom, type IronicLogin } from "../shared/ironicApi";
import { listNodes } from "../shared/ironicNodes";
import { KubeClient } from "../shared/kube/client";
import { types } from "../shared/kube/types";
import { managementKubeconfigPath, switchToTarget } from "../shared/managementKubeconfig";
import { endOrphans } from "../shared/stateFolder";
import { defineVerb } from "../shared/verb";
import { removeJournal, writeJournal } from "./clusterJournal";
import { holderText, thisProcess } from "./holder";
import { readPlan, writePlan } from "./journal";
import { PivotLease } from "./lease";
import { countsLine, Performance, type Pivot } from "./perform";
import { explained, persist } from "./persist";
import type { MovePlan } from "./plan";
import { foundOf, isOpen, stepsFrom } from "./steps";
import { type Reached, reach, sideOf, survey, type Survey } from "./survey";
import { type Verification, verifyArrival } from "./verify";

type Settings = z.output<typeof pivotInput>;

/** `pivot`: moves everything to the target, from wherever an earlier attempt has stopped, and proves that it arrived. */
export const verb = defineVerb({
  input: pivotInput,
  secrets: ["SOURCE_KUBECONFIG", "TARGET_KUBECONFIG", "BACKUP_KEY"],
  optionalSecrets: ["IRONIC_CREDENTIALS"],
  async run(input, context): Promise<PivotResult> {
    // Credentials that cannot be read are found out before anything moves.
    const login = input.ironicEndpoint === undefined ? undefined : credentialsFrom(context);
    // Ended by the program's stop signal, or by the loss of the lease.
    const stop = new AbortController();
    const inner = withSignal(context, AbortSignal.any([context.signal, stop.signal]));
    // Outlives both, to give the lease back.
    const lifetime = new AbortController();
    const source = clientOf(context, "source", inner.signal);
    const target = clientOf(context, "target", inner.signal);
    const scope = { namespace: input.namespace, clusterName: input.clusterName };
    const holder = await thisProcess(input.stack);
    await endOrphans(input.stack);
    const reached = await reach(inner, source, target, scope, await readPlan(input.stack, input.clusterName));
    const leaseClients = leaseOrder(reached).map((name) => clientOf(context, name, lifetime.signal));
    const lease = await PivotLease.take(inner, leaseClients, scope, holder, (why) => stop.abort(why));
    try {
      const operator = {
        ...types.deployment,
        namespace: input.operatorNamespace,
        name: input.operatorDeployment,
      };
      const keepCopy = async (inventory: Inventory) => {
        await backUp(inner, source, { ...input, operator }, inventory, input.keepBackups);
      };
      const pivot = { context: inner, input, scope, source, target, operator, holder, backUp: keepCopy };
      return await pivotBetween(pivot, reached, login);
    } catch (error) {
      throw explained(error) ?? error;
    } finally {
      await lease.release();
      await Promise.all([source, target, ...leaseClients].map((client) => client.close()));
    }
  },
});

function clientOf(context: Context, name: string, signal: AbortSignal): KubeClient {
  return KubeClient.fromKubeconfig(name, secret(context, `${name.toUpperCase()}_KUBECONFIG`), signal);
}

/** The clusters that answer, in the order in which leases are taken: the same in both directions of a move. */
function leaseOrder({ ends }: Reached): string[] {
  if (ends.source === undefined) {
    return ["target"];
  }
  return ends.source < ends.target ? ["source", "target"] : ["target", "source"];
}

async function pivotBetween(
  pivot: Pivot,
  reached: Reached,
  login: IronicLogin | undefined,
): Promise<PivotResult> {
  const { context, input, scope, source, target } = pivot;
  const found = await survey(context, source, target, scope, reached);
  context.progress(`state of the move: ${found.phase}; ${inventoryLine(found)}`);
  if (!isOpen(found.phase)) {
    throw cannotGoOn(found, input);
  }
  const work = new Performance(pivot, found, reached);
  await work.perform(
    stepsFrom(
      foundOf({ ...found, phase: found.phase }, found.source && sideOf(found.source), sideOf(found.target)),
    ),
  );
  const verified = await timed(() =>
    verifyArrival(context, {
      scope,
      source: reached.sourceAnswers ? source : undefined,
      target,
      itself: input.nodesOn === "source" ? source : target,
      // Later its nodes are in whatever state their user has them, and it may have other credentials.
      ironic: isUnproved(found, work.plan) ? ironicOf(context, input, login) : undefined,
      planned: work.plan?.verifiedAt === undefined ? work.plan : undefined,
      limitSeconds: input.limits.verify,
      settleSeconds: input.limits.settle,
    }),
  );
  await close(pivot, reached, work.plan);
  const counts = countsByKind(verified.value.moving);
  context.progress(`the target owns ${verified.value.moving.length} objects: ${countsLine(counts)}`);
  return {
    foundPhase: found.phase,
    counts,
    seconds: { ...work.seconds, verify: verified.seconds },
    managementKubeconfig: managementKubeconfigPath(input.stack),
  };
}

/** Whether this move was not verified before. */
function isUnproved({ phase }: Survey, plan: MovePlan | undefined): boolean {
  return plan === undefined ? phase !== "done" : plan.verifiedAt === undefined;
}

/** How the target's Ironic is asked, where it is. */
function ironicOf(
  { signal }: Context,
  { ironicEndpoint }: Settings,
  login: IronicLogin | undefined,
): Verification["ironic"] {
  return ironicEndpoint && login ? () => listNodes(ironicEndpoint, login, signal) : undefined;
}

/** Notes everywhere that the move is over, and switches over. Nothing of a journal stays on the source. */
async function close(pivot: Pivot, reached: Reached, plan: MovePlan | undefined): Promise<void> {
  const { context, input, scope, source, target, holder } = pivot;
  const now = new Date().toISOString();
  const over = plan && plan.verifiedAt === undefined ? { ...plan, verifiedAt: now } : undefined;
  await persist(context, "the note that the move is over", async () => {
    await Promise.all([
      switchToTarget(input.stack, secret(context, "TARGET_KUBECONFIG"), {
        clusterName: input.clusterName,
        pivotedAt: now,
      }),
      over && writePlan(input.stack, over),
      over && writeJournal(target, scope, { phase: "done", plan: over, runner: holderText(holder) }),
      reached.sourceAnswers && removeJournal(source, scope),
    ]);
  });
}

function backupRemedy({ stack }: Settings): string {
  return `\`npm run restore\` gives back what a backup in ${backupFolder(stack)} holds (docs/backup.md)`;
}

function cannotGoOn(found: Survey, settings: Settings): LifecycleFailure {
  const { namespace, clusterName } = settings;
  if (found.phase === "nothing-to-move") {
    return new LifecycleFailure(`there is no Cluster ${namespace}/${clusterName} on either side`, {
      remedy: found.source
        ? "create the target cluster first"
        : `the source cluster does not answer; if it is gone for good, ${backupRemedy(settings)}`,
    });
  }
  return new LifecycleFailure(`it cannot be told how to go on: ${found.why ?? found.phase}`, {
    evidence: [inventoryLine(found), ...found.odd.map((key) => `odd: ${key}`)],
    remedy: found.source
      ? `nothing was touched. Objects that only the source has were made by controllers since: delete them there by hand. For objects that neither side has, ${backupRemedy(settings)}`
      : `nothing was touched. Bring the source cluster back and run again; if it is gone for good, ${backupRemedy(settings)}`,
  });
}

/** The same context with another stop signal. */
function withSignal(context: Context, signal: AbortSignal): Context {
  return {
    ...context,
    signal,
    progress: (line) => context.progress(line),
    get activity() {
      return context.activity;
    },
    set activity(what) {
      context.activity = what;
    },
  };
}

function inventoryLine({ source, target }: Survey): string {
  return `the source ${source ? `holds ${source.keys.size}` : "does not answer"}, the target holds ${target.keys.size} of the objects that move`;
}
