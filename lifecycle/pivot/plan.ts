import { z } from "zod";
import type { Inventory } from "../inventory/read";
import { type KubeObject, text } from "../shared/kube/objects";

/** Identities of the two clusters of a move: UIDs of their namespaces "kube-system". */
export interface Ends {
  /** Unset when the source does not answer. */
  readonly source?: string;
  readonly target: string;
}

export const planSchema = z.object({
  clusterName: z.string(),
  namespace: z.string(),
  /** Between which clusters; a plan of another move, such as the one before a move back, is no plan of this one. */
  ends: z.object({ source: z.string().optional(), target: z.string() }).optional(),
  /** When the gate was passed for the first time (ISO 8601). */
  plannedAt: z.string(),
  /** When `clusterctl move` was started for the first time; from then on a paused source Cluster is its doing. */
  movingSince: z.string().optional(),
  /** When the move was verified. What is planned was reached then, and may be changed since. */
  verifiedAt: z.string().optional(),
  /** Keys of the objects that move. */
  keys: z.array(z.string()),
  /** Node name to boot ID, to prove that no host was rebooted. */
  bootIDs: z.record(z.string(), z.string()),
  /** State and image of every host before the move, by name. */
  hosts: z.record(z.string(), z.object({ state: z.string(), image: z.string().optional() })).default({}),
});

/** What was found before anything was touched. It only sharpens what the inventories say; without it a move goes on too. */
export type MovePlan = z.output<typeof planSchema>;

/** What the plan says of each host. */
export function plannedHosts(moving: readonly KubeObject[]): MovePlan["hosts"] {
  return Object.fromEntries(
    moving
      .filter(({ kind }) => kind === "BareMetalHost")
      .map((host) => [
        host.metadata.name,
        {
          state: text(host, "status", "provisioning", "state") ?? "new",
          image: text(host, "spec", "image", "url"),
        },
      ]),
  );
}

/** What a plan is made of. */
export interface PlanInput {
  readonly clusterName: string;
  readonly namespace: string;
  readonly ends: Ends;
  readonly source: Pick<Inventory, "keys" | "moving">;
  readonly nodes: readonly KubeObject[];
  /** The plan of an earlier attempt of the same move. */
  readonly earlier?: MovePlan;
  /** Whether something was copied by an earlier attempt. */
  readonly begun: boolean;
  /** ISO 8601. */
  readonly now: string;
}

/**
 * The plan of an attempt that starts from a complete source. Once something was copied, boot IDs of the first attempt stay:
 * those of a later one would hide a reboot in between. Before that, a reboot is the user's own.
 */
export function makePlan({ earlier, begun, ...now }: PlanInput): MovePlan {
  const bootIDs = Object.fromEntries(
    now.nodes.map((node) => [node.metadata.name, text(node, "status", "nodeInfo", "bootID") ?? ""]),
  );
  return {
    clusterName: now.clusterName,
    namespace: now.namespace,
    ends: { ...now.ends },
    plannedAt: earlier?.plannedAt ?? now.now,
    movingSince: earlier?.movingSince,
    keys: [...now.source.keys].sort(),
    bootIDs: begun ? { ...bootIDs, ...earlier?.bootIDs } : bootIDs,
    hosts: plannedHosts(now.source.moving),
  };
}

/** Whether a plan is of this move: of the same Cluster, between the same two clusters as far as both are known. */
export function isPlanOf(
  plan: MovePlan,
  scope: { readonly namespace: string; readonly clusterName: string },
  ends: Ends,
): boolean {
  return (
    plan.clusterName === scope.clusterName &&
    plan.namespace === scope.namespace &&
    (plan.ends === undefined ||
      (plan.ends.target === ends.target &&
        (plan.ends.source === undefined || ends.source === undefined || plan.ends.source === ends.source)))
  );
}

/**
 * Whether a plan is of a move of the same Cluster, off the same source, that was begun to another target and never verified: that
 * cluster was lost, or another checkout moves to it.
 */
export function isUnderWayElsewhere(
  plan: MovePlan,
  scope: { readonly namespace: string; readonly clusterName: string },
  ends: Ends,
): boolean {
  return (
    keysUnderWay(plan) !== undefined &&
    plan.clusterName === scope.clusterName &&
    plan.namespace === scope.namespace &&
    plan.ends?.source !== undefined &&
    plan.ends.source === ends.source &&
    plan.ends.target !== ends.target
  );
}

/**
 * The plan that counts out of those that were found. They are copies of one another, unless a write of one of them failed: then
 * the one that came further is the later one.
 */
export function choosePlan(plans: readonly (MovePlan | undefined)[]): MovePlan | undefined {
  const progress = (plan: MovePlan) => (plan.verifiedAt ? 2 : plan.movingSince ? 1 : 0);
  return plans
    .filter((plan) => plan !== undefined)
    .reduce<MovePlan | undefined>(
      (best, plan) => (best && progress(best) >= progress(plan) ? best : plan),
      undefined,
    );
}

/** Keys that the classification may rely on: none before the move was begun, none after it was verified. */
export function keysUnderWay(plan: MovePlan | undefined): ReadonlySet<string> | undefined {
  return plan?.movingSince !== undefined && plan.verifiedAt === undefined ? new Set(plan.keys) : undefined;
}
