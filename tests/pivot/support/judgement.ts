/** What must hold when a move is over. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { objectKey } from "../../../lifecycle/inventory/graph";
import type { Inventory } from "../../../lifecycle/inventory/read";
import { journalName, journalNamespace, readJournal } from "../../../lifecycle/pivot/clusterJournal";
import {
  blockMoveAnnotation,
  deleteForMoveAnnotation,
  pausedAnnotation,
  statusAnnotation,
} from "../../../lifecycle/pivot/hostAnnotations";
import type { KubeClient } from "../../../lifecycle/shared/kube/client";
import { type KubeObject, text } from "../../../lifecycle/shared/kube/objects";
import { types } from "../../../lifecycle/shared/kube/types";
import { nodes } from "./objects";
import { clusterName, namespace, secretValue } from "./seeds";

/** A world after a move. */
export interface Aftermath {
  /** The cluster that the objects have left, and the one that has them now. */
  readonly from: KubeClient;
  readonly to: KubeClient;
  readonly onFrom: Inventory;
  readonly onTo: Inventory;
  /** Keys of everything that was to move. */
  readonly expected: readonly string[];
  /** The stack's state folder. */
  readonly state: string;
  /** The user's pause of the spare host. */
  readonly sparePause?: string;
}

const scope = { namespace, clusterName };
const note = { namespace: journalNamespace, name: journalName(scope) };

/** What is not as it must be, one defect each. */
export async function defectsOf(after: Aftermath): Promise<string[]> {
  const { onFrom, onTo, expected, sparePause } = after;
  const left = onFrom.objects
    .map(objectKey)
    .filter((key) => !/ConfigMap .*\/(kube-root-ca.crt|stays-behind)$/.test(key));
  const arrived = [...onTo.keys].sort();
  const uids = new Set(onTo.objects.map(({ metadata }) => metadata.uid));
  return [
    ...left.map((key) => `left on the source: ${key}`),
    ...expected.filter((key) => !arrived.includes(key)).map((key) => `lost: ${key}`),
    ...arrived.filter((key) => !expected.includes(key)).map((key) => `too many: ${key}`),
    ...(onTo.cluster ? [] : ["the target has no Cluster"]),
    ...(onTo.paused ? ["the target is paused"] : []),
    ...onTo.objects.flatMap((object) => [
      ...leftoverMarks(object, sparePause),
      ...defectsOfContent(object, sparePause),
      ...(object.metadata.ownerReferences ?? [])
        .filter(({ uid }) => !uids.has(uid))
        .map(({ kind, name }) => `${objectKey(object)} has an owner that is not there: ${kind} ${name}`),
    ]),
    ...(await defectsOfNotes(after)),
  ];
}

/** Leases, journals, and the switch of the management kubeconfig. */
async function defectsOfNotes({ from, to, state }: Aftermath): Promise<string[]> {
  const [atSource, atTarget] = await Promise.all(
    [from, to].map(async (client) => ({
      name: client.name,
      lease: await client.find({ ...types.lease, ...note }),
      journal: await client.find({ ...types.configMap, ...note }),
    })),
  );
  return [
    ...[atSource, atTarget].flatMap((side) => (side?.lease ? [`a lease is left on the ${side.name}`] : [])),
    ...(atSource?.journal ? ["a journal is left on the source"] : []),
    ...(text(atTarget?.journal, "data", "phase") === "done"
      ? []
      : ["the target's journal does not say done"]),
    ...(existsSync(join(state, "pivoted.json")) ? [] : ["the kubeconfig was not switched"]),
    ...(await defectsOfPlan(to)),
  ];
}

/** The plan by which it was proved that no node was rebooted. */
async function defectsOfPlan(to: KubeClient): Promise<string[]> {
  const { bootIDs, verifiedAt } = (await readJournal(to, scope)) ?? {};
  const expected = Object.fromEntries(
    nodes().map(({ object, status }) => [object.metadata.name, text(status, "nodeInfo", "bootID")]),
  );
  return [
    ...(isDeepStrictEqual(bootIDs, expected)
      ? []
      : [`the plan's boot IDs are ${JSON.stringify(bootIDs ?? null)}`]),
    ...(verifiedAt === undefined ? ["the plan is not verified"] : []),
  ];
}

/** Secrets have what they had, and a host that its user has paused keeps the status that was last read of it. */
function defectsOfContent(object: KubeObject, sparePause: string | undefined): string[] {
  const { name, annotations } = object.metadata;
  if (object.kind === "Secret" && text(object, "data", "value") !== secretValue(name)) {
    return [`${objectKey(object)} has lost its content`];
  }
  const kept = text(annotations, statusAnnotation) ?? "{}";
  return object.kind === "BareMetalHost" &&
    name === "host-2" &&
    sparePause !== undefined &&
    text(JSON.parse(kept), "lastUpdated") === undefined
    ? [`${name} has lost its status: it would be inspected again`]
    : [];
}

function leftoverMarks({ kind, metadata }: KubeObject, sparePause: string | undefined): string[] {
  const annotations = metadata.annotations ?? {};
  const usersPause = metadata.name === "host-2" ? sparePause : undefined;
  const marks = [
    ...[blockMoveAnnotation, deleteForMoveAnnotation].filter((mark) => mark in annotations),
    // A host that its user has paused keeps its status there until the pause is over.
    ...(statusAnnotation in annotations && usersPause === undefined ? [statusAnnotation] : []),
  ];
  const pause = annotations[pausedAnnotation];
  return [
    ...marks.map((mark) => `${kind} ${metadata.name} still has ${mark}`),
    ...(kind === "BareMetalHost" && pause !== usersPause
      ? [`${metadata.name} is paused by ${pause ?? "nobody"} instead of ${usersPause ?? "nobody"}`]
      : []),
  ];
}
