import pMap from "p-map";
import type { KubeClient } from "../shared/kube/client";
import { field, type KubeObject } from "../shared/kube/objects";
import { types } from "../shared/kube/types";
import { clusterctlLabel, movingObjects, type MoveType, moveTypes, objectKey } from "./graph";

/** What a cluster holds of that which moves. */
export interface Inventory {
  /** Definitions that clusterctl knows, with their labels. */
  readonly definitions: readonly KubeObject[];
  /** Every object of the namespace that could move, whether it does or not. */
  readonly objects: readonly KubeObject[];
  /** The objects that move. */
  readonly moving: readonly KubeObject[];
  /** {@link objectKey}s of the objects that move. */
  readonly keys: ReadonlySet<string>;
  /** The Cluster, when it is there. */
  readonly cluster?: KubeObject;
  /** Whether the Cluster is paused. */
  readonly paused: boolean;
}

/** The definitions that clusterctl knows of a cluster, also those that only lack its label. */
export async function readDefinitions(client: KubeClient): Promise<KubeObject[]> {
  return client.list(types.customResourceDefinition, undefined, { labelSelector: clusterctlLabel });
}

/** Reads what moves. Definitions seldom change, so that they can be handed over from an earlier reading. */
export async function readInventory(
  client: KubeClient,
  namespace: string,
  clusterName: string,
  known?: readonly KubeObject[],
): Promise<Inventory> {
  const definitions = known ?? (await readDefinitions(client));
  const knownTypes = moveTypes(definitions);
  const objects = (
    await pMap(knownTypes, (type) => listType(client, type, namespace), { concurrency: 8 })
  ).flat();
  const moving = movingObjects(objects, knownTypes);
  const cluster = objects.find(
    ({ kind, metadata }) => kind === types.cluster.kind && metadata.name === clusterName,
  );
  return {
    definitions,
    objects,
    moving,
    keys: new Set(moving.map(objectKey)),
    cluster,
    paused: field(cluster, "spec", "paused") === true,
  };
}

async function listType(client: KubeClient, type: MoveType, namespace: string): Promise<KubeObject[]> {
  const objects = await client.list(type, namespace);
  // Tokens and the like belong to their cluster.
  return objects.filter(
    (object) => object.kind !== "Secret" || field(object, "type") !== "kubernetes.io/service-account-token",
  );
}
