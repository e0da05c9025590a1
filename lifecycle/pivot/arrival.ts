import { objectKey } from "../inventory/graph";
import type { Inventory } from "../inventory/read";
import { describe, isTrue, type KubeObject, text } from "../shared/kube/objects";
import { missing } from "./classify";
import {
  blockMoveAnnotation,
  capm3Pause,
  ourPause,
  pausedAnnotation,
  statusAnnotation,
} from "./hostAnnotations";
import type { MovePlan } from "./plan";

/** What the world must look like after the move. */
export interface Arrival {
  /** What the source still holds; undefined when the source is gone. */
  readonly source?: Inventory;
  readonly target: Inventory;
  /** Nodes of the moved cluster. */
  readonly nodes: readonly KubeObject[];
  /** What was planned, if that is known. */
  readonly planned?: Pick<MovePlan, "keys" | "bootIDs"> & Partial<Pick<MovePlan, "hosts">>;
}

/** States in which a host may be after the move. */
const arrivedStates = new Set(["provisioned", "available", "ready", "externally provisioned"]);

/** Kinds whose controllers come to them as soon as their Cluster is unpaused. */
const reconciledAtOnce = new Set(["Cluster", "KubeadmControlPlane", "MachineDeployment", "MachineSet"]);

/** Why the move is not over yet, one reason each; empty when it is. */
export function assessArrival({ source, target, nodes, planned }: Arrival): string[] {
  const reasons: string[] = [];
  const keys = planned && new Set(planned.keys);
  const lost = missing(keys ?? new Set(), target.keys);
  if (lost.length > 0) {
    reasons.push(`missing on the target: ${lost.join(", ")}`);
  }
  if (source && source.keys.size > 0) {
    reasons.push(`still on the source: ${[...source.keys].sort().join(", ")}`);
  }
  if (!target.cluster) {
    reasons.push("the target has no Cluster");
  } else if (target.paused) {
    reasons.push("the Cluster is paused on the target");
  }
  for (const object of target.moving) {
    if (object.kind === "BareMetalHost") {
      reasons.push(...assessHost(object), ...assessHostAsPlanned(object, planned?.hosts));
    } else if (object.kind === "Machine") {
      reasons.push(...assessMachine(object, keys));
    } else if (reconciledAtOnce.has(object.kind ?? "") && isTrue(object, "Paused")) {
      reasons.push(`${describe(object)} was not reconciled since it was unpaused`);
    }
  }
  const nodesByName = new Map(nodes.map((node) => [node.metadata.name, node]));
  for (const [name, bootID] of Object.entries(planned?.bootIDs ?? {})) {
    const now = text(nodesByName.get(name), "status", "nodeInfo", "bootID");
    if (now === undefined) {
      reasons.push(`node ${name} is gone`);
    } else if (now !== bootID) {
      reasons.push(`node ${name} was rebooted`);
    }
  }
  return reasons;
}

function assessHost(host: KubeObject): string[] {
  const name = describe(host);
  const reasons: string[] = [];
  const annotations = host.metadata.annotations ?? {};
  const pause = annotations[pausedAnnotation];
  if (pause === ourPause || pause === capm3Pause) {
    reasons.push(`${name} is still paused`);
  }
  // A pause of the user's keeps the operator from reading the status; it waits there for as long.
  if (
    statusAnnotation in annotations &&
    (pause === undefined || pause === ourPause || pause === capm3Pause)
  ) {
    reasons.push(`${name} has not taken its status over`);
  }
  if (blockMoveAnnotation in annotations) {
    reasons.push(`${name} still blocks a move`);
  }
  const state = text(host, "status", "provisioning", "state") ?? "new";
  if (!arrivedStates.has(state) && pause === undefined) {
    reasons.push(`${name} is ${state}`);
  }
  const error = text(host, "status", "errorMessage");
  if (error !== undefined) {
    reasons.push(`${name} has a ${text(host, "status", "errorType") ?? "error"}: ${error}`);
  }
  return reasons;
}

/** A host in use stays in use, with its image, and stays registered with Ironic, as the operator sees it. */
function assessHostAsPlanned(host: KubeObject, planned: MovePlan["hosts"] | undefined): string[] {
  const before = planned?.[host.metadata.name];
  if (before?.state !== "provisioned") {
    return [];
  }
  const name = describe(host);
  const reasons: string[] = [];
  if (text(host, "status", "provisioning", "state") !== "provisioned") {
    reasons.push(`${name} was provisioned before the move`);
  }
  const image = text(host, "status", "provisioning", "image", "url");
  if (image !== before.image) {
    reasons.push(`${name} has the image ${image ?? "(none)"} instead of ${before.image ?? "(none)"}`);
  }
  if (text(host, "status", "provisioning", "ID") === undefined) {
    reasons.push(`${name} has no node in Ironic`);
  }
  return reasons;
}

/** Whether a machine of the target runs with its node, as its controller there has found by itself. */
export function isSettled(machine: KubeObject): boolean {
  return assessMachine(machine, undefined).length === 0;
}

function assessMachine(machine: KubeObject, planned: ReadonlySet<string> | undefined): string[] {
  const name = describe(machine);
  if (planned && !planned.has(objectKey(machine))) {
    return [`${name} is new: the move has caused a rollout`];
  }
  if (machine.metadata.deletionTimestamp !== undefined) {
    return [`${name} is being deleted`];
  }
  const phase = text(machine, "status", "phase") ?? "new";
  const node = text(machine, "status", "nodeRef", "name");
  return phase === "Running" && node !== undefined
    ? []
    : [`${name} is ${phase}${node ? "" : " and has no node"}`];
}
