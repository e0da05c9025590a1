import pMap from "p-map";
import { refOf } from "../../../lifecycle/inventory/graph";
import type { KubeClient } from "../../../lifecycle/shared/kube/client";
import type { KubeObject } from "../../../lifecycle/shared/kube/objects";
import { ownerReference, type Seed } from "./seeds";

/** Requests under way at a time. */
const concurrency = 8;

/**
 * Makes objects with their statuses and owners on an API server, generation by generation: what owns others comes first.
 *
 * @param seeds Owners before what they own.
 * @throws Error when an owner is not among the seeds before.
 */
export async function sow(client: KubeClient, seeds: readonly Seed[]): Promise<void> {
  const made = new Map<string, KubeObject>();
  for (const generation of generations(seeds)) {
    await pMap(
      generation,
      async ({ object, status, owners }) => {
        const references = owners.flatMap((owner, index) => {
          const found = made.get(owner);
          return found ? [ownerReference(found, index === 0)] : [];
        });
        const { apiVersion, kind, metadata } = object;
        const created = await client.create({
          ...object,
          metadata: { ...metadata, ownerReferences: references },
        });
        made.set(nameOf(object), { ...created, apiVersion, kind });
        if (status) await client.patch(refOf(object), "merge", { status }, { subresource: "status" });
      },
      { concurrency },
    );
  }
}

/** Seeds by the longest chain of owners above them. */
function generations(seeds: readonly Seed[]): Seed[][] {
  const depths = new Map<string, number>();
  const found: Seed[][] = [];
  for (const seed of seeds) {
    const above = seed.owners.map((owner) => {
      const depth = depths.get(owner);
      if (depth === undefined) throw new Error(`${owner} is not made before ${nameOf(seed.object)}`);
      return depth;
    });
    const depth = Math.max(-1, ...above) + 1;
    depths.set(nameOf(seed.object), depth);
    (found[depth] ??= []).push(seed);
  }
  return found;
}

function nameOf({ kind, metadata }: KubeObject): string {
  return `${kind} ${metadata.name}`;
}
