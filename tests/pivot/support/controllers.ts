/** What controllers do to the objects of a move, as far as a pivot depends on it; the two API servers have none. */
import pMap from "p-map";
import { refOf } from "../../../lifecycle/inventory/graph";
import {
  capm3Pause,
  isConsumed,
  pausedAnnotation,
  statusAnnotation,
} from "../../../lifecycle/pivot/hostAnnotations";
import type { KubeClient } from "../../../lifecycle/shared/kube/client";
import { count, field, type KubeObject, text } from "../../../lifecycle/shared/kube/objects";
import { types } from "../../../lifecycle/shared/kube/types";
import { type Direction, forward, type Side } from "./direction";
import { clusterStatus, replicasStatus } from "./clusterObjects";
import { machineStatus } from "./members";
import { clusterName, namespace } from "./seeds";

/** Time between two looks. With many objects they are further apart, so that looking takes a quarter of the time. */
const restMilliseconds = { least: 100, most: 3000, perLook: 3 };
/** Requests under way at a time when many objects are written. */
const concurrency = 8;
const mergeStatus = { subresource: "status" };

/**
 * CAPM3 and the Bare Metal Operator in small, on both clusters. CAPM3 pauses hosts in use, with their status, when the Cluster
 * is paused, and lifts that pause when it is not; the operator takes over the status of a host that it does not know.
 */
export class Controllers {
  /** What must never happen and did. */
  readonly violations = new Set<string>();
  private running: Promise<void> | undefined;
  private stopping = false;
  private direction: Direction = forward;

  constructor(private readonly clients: Readonly<Record<Side, KubeClient>>) {}

  start(direction: Direction): void {
    this.direction = direction;
    this.stopping = false;
    this.violations.clear();
    this.running = this.loop();
  }

  private get source(): KubeClient {
    return this.clients[this.direction.from];
  }

  private get target(): KubeClient {
    return this.clients[this.direction.to];
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await this.running;
  }

  private async loop(): Promise<void> {
    while (!this.stopping) {
      const begin = Date.now();
      try {
        await this.look();
      } catch {
        // An object went while it was written: the next look sees it.
      }
      const { least, most, perLook } = restMilliseconds;
      const rest = Math.min(most, Math.max(least, perLook * (Date.now() - begin)));
      await new Promise((resolve) => setTimeout(resolve, rest));
    }
  }

  private async look(): Promise<void> {
    const [sourcePaused, targetPaused] = await Promise.all([this.source, this.target].map(isPaused));
    if (sourcePaused === false && targetPaused === false) this.violations.add("both sides are unpaused");
    await Promise.all([
      this.capm3(this.source, sourcePaused),
      this.capm3(this.target, targetPaused),
      this.operator(),
      targetPaused === false ? this.capi() : undefined,
    ]);
  }

  private async capm3(client: KubeClient, paused: boolean | undefined): Promise<void> {
    if (paused === undefined) return;
    const hosts = (await client.list(types.bareMetalHost, namespace)).filter(isConsumed);
    await eachOf(hosts, async (host) => {
      const pause = host.metadata.annotations?.[pausedAnnotation];
      if (paused && pause === undefined && host.metadata.deletionTimestamp === undefined && host.status) {
        const status = Object.fromEntries(Object.entries(host.status).filter(([key]) => key !== "hardware"));
        await annotate(client, host, {
          [pausedAnnotation]: capm3Pause,
          [statusAnnotation]: JSON.stringify(status),
        });
      } else if (!paused && pause === capm3Pause) {
        await annotate(client, host, { [pausedAnnotation]: null });
      }
    });
  }

  private async operator(): Promise<void> {
    await eachOf(await this.target.list(types.bareMetalHost, namespace), async (host) => {
      const annotations = host.metadata.annotations ?? {};
      if (pausedAnnotation in annotations || text(host, "status", "lastUpdated") !== undefined) return;
      const kept = annotations[statusAnnotation];
      if (kept === undefined) {
        this.violations.add(`${host.metadata.name} is inspected again`);
        return;
      }
      await this.target.patch(refOf(host), "merge", { status: JSON.parse(kept) as object }, mergeStatus);
      await annotate(this.target, host, { [statusAnnotation]: null });
    });
  }

  /** Statuses do not move: they are made anew. */
  private async capi(): Promise<void> {
    const cluster = await this.target.find({ ...types.cluster, namespace, name: clusterName });
    if (cluster && field(cluster, "status", "phase") === undefined) {
      await this.target.patch(refOf(cluster), "merge", { status: clusterStatus }, mergeStatus);
    }
    for (const type of [types.kubeadmControlPlane, types.machineDeployment]) {
      for (const owner of await this.target.list(type, namespace)) {
        const generation = owner.metadata.generation ?? 1;
        if (count(owner, "status", "observedGeneration") === generation) continue;
        const status = replicasStatus(count(owner, "spec", "replicas") ?? 1, generation);
        await this.target.patch(refOf(owner), "merge", { status }, mergeStatus);
      }
    }
    // Last, since the program waits for them.
    await eachOf(await this.target.list(types.machine, namespace), async (machine) => {
      if (text(machine, "status", "phase") !== "Running") {
        const status = machineStatus(machine.metadata.name);
        await this.target.patch(refOf(machine), "merge", { status }, mergeStatus);
      }
    });
  }
}

async function eachOf(
  objects: readonly KubeObject[],
  act: (object: KubeObject) => Promise<void>,
): Promise<void> {
  await pMap(objects, act, { concurrency });
}

async function isPaused(client: KubeClient): Promise<boolean | undefined> {
  const cluster = await client.find({ ...types.cluster, namespace, name: clusterName });
  return cluster && field(cluster, "spec", "paused") === true;
}

async function annotate(
  client: KubeClient,
  host: KubeObject,
  annotations: Record<string, string | null>,
): Promise<void> {
  await client.patch(refOf(host), "merge", { metadata: { annotations } });
}
