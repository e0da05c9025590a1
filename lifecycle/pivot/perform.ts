import type { z } from "zod";
import { hostNames } from "../hosts/hostState";
import type { pivotInput } from "../inputs/pivot";
import { countsByKind } from "../inventory/graph";
import type { Inventory } from "../inventory/read";
import { type Context, secret, timed } from "../shared/context";
import { LifecycleFailure } from "../shared/failure";
import type { KubeClient } from "../shared/kube/client";
import { describe, type ObjectRef } from "../shared/kube/objects";
import { type JournalPhase, type MoveScope, writeJournal } from "./clusterJournal";
import { closeSource, deleteMovedFromSource } from "./finishForward";
import { passGate } from "./gate/gate";
import { type Holder, holderText } from "./holder";
import { writePlan } from "./journal";
import { runMove } from "./move";
import { stopSourceOperator } from "./operator";
import { persist } from "./persist";
import { makePlan, type MovePlan } from "./plan";
import { holdHosts, releaseHeldHosts, releaseHosts, setClusterPaused, unpauseSource } from "./prepare";
import type { Step } from "./steps";
import type { Reached, Survey } from "./survey";

/** Everything that the steps of one pivot share. */
export interface Pivot {
  readonly context: Context;
  readonly input: z.output<typeof pivotInput>;
  readonly scope: MoveScope;
  readonly source: KubeClient;
  readonly target: KubeClient;
  readonly operator: ObjectRef;
  readonly holder: Holder;
  /** Keeps a copy of what moves, off both clusters, before the first write to them. */
  backUp(inventory: Inventory): Promise<void>;
}

/** What has passed the gate. */
type Passed = Awaited<ReturnType<typeof passGate>>;

/** Which duration a step counts for. */
const stages: Readonly<Record<Step, string>> = {
  "pass-gate": "gate",
  "note-plan": "prepare",
  "stop-operator": "prepare",
  "unpause-source": "prepare",
  "hold-hosts": "prepare",
  "note-move": "prepare",
  move: "move",
  "close-source": "finish",
  "delete-from-source": "finish",
  "release-hosts": "finish",
  "unpause-target": "finish",
};

/** Steps that only write to API servers, and can be done again while one of them is away. */
const repeatable: ReadonlySet<Step> = new Set([
  "hold-hosts",
  "note-move",
  "close-source",
  "delete-from-source",
  "release-hosts",
  "unpause-target",
]);

/** Does steps one after the other, for one world that was found. */
export class Performance {
  /** What was planned, as far as it is known. */
  plan: MovePlan | undefined;
  /** Seconds by stage. */
  readonly seconds: Record<string, number> = {};
  private gate: Passed | undefined;

  constructor(
    private readonly pivot: Pivot,
    private readonly found: Survey,
    private readonly reached: Reached,
  ) {
    // A plan that was verified is over, unless the objects have stayed where it has brought them.
    this.plan = reached.plan?.verifiedAt && found.phase !== "done" ? undefined : reached.plan;
  }

  /** @throws LifecycleFailure from the step that cannot be done; the next run goes on from there. */
  async perform(steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      const act = this.actions[step];
      const { seconds } = await timed(() =>
        repeatable.has(step) ? persist(this.pivot.context, `the step ${step}`, act) : act(),
      );
      const stage = stages[step];
      this.seconds[stage] = Math.round(((this.seconds[stage] ?? 0) + seconds) * 10) / 10;
    }
  }

  private readonly actions: Readonly<Record<Step, () => Promise<void>>> = {
    "pass-gate": () => this.passGate(),
    "note-plan": () => this.notePlan(),
    "stop-operator": async () => {
      if (this.reached.sourceAnswers) {
        await stopSourceOperator(this.pivot.context, this.pivot.source, this.pivot.operator);
      }
    },
    "unpause-source": async () => {
      const { cluster } = this.snapshot.source;
      if (cluster) await unpauseSource(this.pivot.context, this.pivot.source, cluster);
    },
    "hold-hosts": () => holdHosts(this.pivot.context, this.pivot.source, this.pivot.scope.namespace),
    "note-move": () => this.noteMove(),
    move: () => this.move(),
    "close-source": async () => {
      if (this.found.source) await closeSource(this.pivot.context, this.pivot.source, this.found.source);
    },
    "delete-from-source": async () => {
      const { source, target } = this.found;
      if (source) await deleteMovedFromSource(this.pivot.context, this.pivot.source, source, target.keys);
    },
    "release-hosts": async () => {
      const { context, target, scope } = this.pivot;
      const released = await releaseHosts(target, scope.namespace);
      if (released.length > 0) {
        context.progress(`released ${hostNames(released)} on the target`);
      }
    },
    "unpause-target": async () => {
      const { cluster } = this.found.target;
      if (cluster) {
        this.pivot.context.progress("unpausing the Cluster on the target");
        await setClusterPaused(this.pivot.target, cluster, false);
      }
    },
  };

  private get snapshot(): Passed {
    if (!this.gate) throw new Error("this step comes after the gate");
    return this.gate;
  }

  private async passGate(): Promise<void> {
    const { context, input } = this.pivot;
    const { source, phase } = this.found;
    const begun = phase === "partly-created";
    const { elsewhere } = this.reached;
    if (elsewhere) {
      this.pivot.context.progress(
        `a move to another cluster, begun at ${elsewhere.movingSince}, is given up: the source has everything still`,
      );
    }
    // clusterctl pauses it, and nothing of ours does before clusterctl was started.
    const movingSince = (this.plan ?? elsewhere)?.movingSince;
    if (source?.paused && source.cluster && !begun && movingSince === undefined) {
      throw new LifecycleFailure(`${describe(source.cluster)} is paused, and not by a move of ours`, {
        remedy:
          "nothing was touched; find out who paused it and why, and unset spec.paused when that is over",
      });
    }
    this.gate = await passGate(context, this.pivot, input, begun || (this.plan ?? elsewhere) !== undefined);
  }

  private async notePlan(): Promise<void> {
    const { context, scope } = this.pivot;
    const { source, nodes } = this.snapshot;
    await this.pivot.backUp(source);
    this.plan = makePlan({
      ...scope,
      ends: this.reached.ends,
      source,
      nodes,
      earlier: this.plan,
      begun: this.found.phase === "partly-created",
      now: new Date().toISOString(),
    });
    await this.keepPlan("prepared");
    context.progress(`${source.moving.length} objects will move: ${countsLine(countsByKind(source.moving))}`);
  }

  private async noteMove(): Promise<void> {
    if (this.plan) {
      this.plan = { ...this.plan, movingSince: this.plan.movingSince ?? new Date().toISOString() };
      await this.keepPlan("moving");
    }
  }

  /** Notes the plan here and on both clusters. */
  private async keepPlan(phase: JournalPhase): Promise<void> {
    const { input, scope, source, target, holder } = this.pivot;
    const plan = this.plan;
    if (plan) {
      const entry = { phase, plan, runner: holderText(holder) };
      // A full disk is found out before anything is written to a cluster.
      await writePlan(input.stack, plan);
      await Promise.all([writeJournal(source, scope, entry), writeJournal(target, scope, entry)]);
    }
  }

  private async move(): Promise<void> {
    const { context, input, scope, source } = this.pivot;
    const stopWatcher = new AbortController();
    const signal = AbortSignal.any([context.signal, stopWatcher.signal]);
    const watcher = releaseHeldHosts(context, source, scope.namespace, signal);
    try {
      await runMove(context, {
        stack: input.stack,
        namespace: scope.namespace,
        sourceKubeconfig: secret(context, "SOURCE_KUBECONFIG"),
        targetKubeconfig: secret(context, "TARGET_KUBECONFIG"),
        objects: this.snapshot.source.moving.length,
        limitSeconds: input.limits.move,
      });
    } finally {
      stopWatcher.abort();
      await watcher;
    }
  }
}

/** Counts by kind in one line. */
export function countsLine(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([kind, number]) => `${number} ${kind}`)
    .join(", ");
}
