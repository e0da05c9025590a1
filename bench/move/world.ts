/** Two real API servers, between which the same objects can be moved again and again from the same beginning. */
import { join } from "node:path";
import { waitFor } from "../../lab/control/probe";
import { type Inventory, readInventory } from "../../lifecycle/inventory/read";
import { KubeClient } from "../../lifecycle/shared/kube/client";
import { Controllers } from "../../tests/pivot/support/controllers";
import { define } from "../../tests/pivot/support/definitions";
import { forward } from "../../tests/pivot/support/direction";
import { addNodes, addOperator, addOperatorWebhook, furnish } from "../../tests/pivot/support/population";
import { clusterName, namespace } from "../../tests/pivot/support/seeds";
import { sow } from "../../tests/pivot/support/sow";
import { ApiServer } from "../../tests/plugins/support/apiServer";
import type { Population } from "./population";

/** Seconds for an API server that was started from a store to serve everything that is in it. */
const servingSeconds = 120;

/** What both API servers hold before a move, on disk. */
export interface Beginning {
  /** Folders of the stores, see {@link ApiServer.stop}. */
  readonly source: string;
  readonly target: string;
  /** Keys of the objects that move, sorted. */
  readonly keys: readonly string[];
}

/** Fills two API servers, and keeps their stores in a folder. */
export async function prepare(folder: string, { seeds, nodes }: Population): Promise<Beginning> {
  const servers = await startBoth([undefined, undefined]);
  const never = new AbortController().signal;
  const [source, target] = clientsOf(servers, never);
  let stopped = false;
  try {
    await define(servers.map(({ kubeconfig }) => kubeconfig));
    await Promise.all([furnish(source), furnish(target)]);
    await Promise.all([addOperator(source), addOperator(target), addOperatorWebhook(source)]);
    await addNodes(target, nodes);
    await sow(source, seeds);
    const { keys } = await readInventory(source, namespace, clusterName);
    const stores = { source: join(folder, "source"), target: join(folder, "target") };
    await Promise.all([source.close(), target.close()]);
    stopped = true;
    await Promise.all([servers[0].stop(stores.source), servers[1].stop(stores.target)]);
    return { ...stores, keys: [...keys].sort() };
  } finally {
    if (!stopped) await Promise.all(servers.map((server) => server.stop()));
  }
}

/** Both API servers at a beginning, with stand-ins for CAPM3, the operator and Cluster API on both. */
export class MoveWorld {
  private readonly controllers: Controllers;

  private constructor(
    private readonly servers: readonly [ApiServer, ApiServer],
    readonly source: KubeClient,
    readonly target: KubeClient,
  ) {
    this.controllers = new Controllers({ source, target });
  }

  /** Starts both from the stores, and waits until all that moves is served. */
  static async start(beginning: Beginning, signal: AbortSignal): Promise<MoveWorld> {
    const servers = await startBoth([beginning.source, beginning.target]);
    const world = new MoveWorld(servers, ...clientsOf(servers, signal));
    try {
      // An API server that is ready may still be installing the paths of its CRDs, and fails then.
      await waitFor("all that was stored, on both API servers", () => world.lack(beginning), {
        limitSeconds: servingSeconds,
        intervalSeconds: 0.5,
        signal,
      });
      world.controllers.start(forward);
      return world;
    } catch (error) {
      await world.stop();
      throw error;
    }
  }

  get kubeconfigs(): { readonly source: string; readonly target: string } {
    const [source, target] = this.servers;
    return { source: source.kubeconfig, target: target.kubeconfig };
  }

  /** What is not as it must be after a move, one defect each. */
  async defects({ keys }: Beginning): Promise<string[]> {
    const [left, arrived] = await Promise.all([this.source, this.target].map(inventoryOf));
    const there = arrived?.keys ?? new Set();
    return [
      ...[...(left?.keys ?? [])].map((key) => `left on the source: ${key}`),
      ...keys.filter((key) => !there.has(key)).map((key) => `lost: ${key}`),
      ...(arrived?.paused === false ? [] : ["the Cluster is paused on the target"]),
      ...this.controllers.violations,
    ];
  }

  async stop(): Promise<void> {
    await this.controllers.stop();
    await Promise.all([this.source.close(), this.target.close()]);
    await Promise.all(this.servers.map((server) => server.stop()));
  }

  /** What is not served yet, undefined when all is. */
  private async lack({ keys }: Beginning): Promise<string | undefined> {
    const [source, target] = await Promise.all([this.source, this.target].map(inventoryOf));
    if (source?.keys.size !== keys.length) return `${source?.keys.size} of ${keys.length} objects`;
    return target?.definitions.length ? undefined : "no definition on the target";
  }
}

function inventoryOf(client: KubeClient): Promise<Inventory> {
  return readInventory(client, namespace, clusterName);
}

async function startBoth(
  stores: readonly [string | undefined, string | undefined],
): Promise<readonly [ApiServer, ApiServer]> {
  const [first, second] = await Promise.allSettled(stores.map((from) => ApiServer.start({ from })));
  if (first?.status === "fulfilled" && second?.status === "fulfilled") return [first.value, second.value];
  for (const start of [first, second]) if (start?.status === "fulfilled") await start.value.stop();
  throw [first, second].find((start) => start?.status === "rejected")?.reason;
}

function clientsOf(
  [source, target]: readonly [ApiServer, ApiServer],
  signal: AbortSignal,
): [KubeClient, KubeClient] {
  return [
    KubeClient.fromKubeconfig("source", source.kubeconfig, signal),
    KubeClient.fromKubeconfig("target", target.kubeconfig, signal),
  ];
}
