import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { isAbsent, type KubeClient } from "../shared/kube/client";
import { type KubeObject, type ObjectRef, text } from "../shared/kube/objects";
import { types } from "../shared/kube/types";
import { type MovePlan, planSchema } from "./plan";

/** Namespace of journal and lease: every cluster has it, and `clusterctl move` does not look there. */
export const journalNamespace = "kube-system";

/** What is moved. */
export interface MoveScope {
  readonly namespace: string;
  readonly clusterName: string;
}

/** How far a journal says that a move has come. For people; programs go by the inventories. */
export type JournalPhase = "prepared" | "moving" | "verifying" | "done";

/** Name of the journal's ConfigMap and of the Lease. A dot cannot be part of a namespace's name. */
export function journalName({ namespace, clusterName }: MoveScope): string {
  return `pivot.${namespace}.${clusterName}`;
}

function journalRef(scope: MoveScope): ObjectRef {
  return { ...types.configMap, namespace: journalNamespace, name: journalName(scope) };
}

/** The plan in a cluster's journal, or undefined when there is none that can be read. */
export async function readJournal(client: KubeClient, scope: MoveScope): Promise<MovePlan | undefined> {
  const found = await client.find(journalRef(scope));
  return found && planOf(found);
}

async function planOf(journal: KubeObject): Promise<MovePlan | undefined> {
  const packed = text(journal, "binaryData", "plan.json.gz");
  if (packed === undefined) {
    return undefined;
  }
  try {
    const content = await promisify(gunzip)(Buffer.from(packed, "base64"));
    return planSchema.parse(JSON.parse(content.toString("utf8")));
  } catch {
    return undefined;
  }
}

/**
 * Writes the journal of a move to a cluster, so that any machine can go on. The plan is packed: a thousand hosts' would not
 * fit otherwise.
 */
export async function writeJournal(
  client: KubeClient,
  scope: MoveScope,
  entry: { readonly phase: JournalPhase; readonly plan: MovePlan; readonly runner: string },
): Promise<void> {
  const { plan, phase, runner } = entry;
  const packed = await promisify(gzip)(JSON.stringify(plan));
  await client.patch(journalRef(scope), "apply", {
    ...types.configMap,
    metadata: {
      namespace: journalNamespace,
      name: journalName(scope),
      labels: { "app.kubernetes.io/managed-by": "metal3-lifecycle" },
    },
    data: {
      phase,
      runner,
      "updated-at": new Date().toISOString(),
      "planned-at": plan.plannedAt,
      ...(plan.movingSince ? { "moving-since": plan.movingSince } : {}),
      ...(plan.verifiedAt ? { "verified-at": plan.verifiedAt } : {}),
      objects: String(plan.keys.length),
    },
    binaryData: { "plan.json.gz": packed.toString("base64") },
  });
}

/** Removes the journal from a cluster. */
export async function removeJournal(client: KubeClient, scope: MoveScope): Promise<void> {
  try {
    await client.delete(journalRef(scope));
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
}
