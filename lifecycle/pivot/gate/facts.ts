import type { Inventory } from "../../inventory/read";
import type { KubeObject } from "../../shared/kube/objects";

/** What to do about secrets and config maps that `clusterctl move` would leave behind. */
export type UnownedPolicy =
  /** Say so and leave them. */
  | "list"
  /** Label them, so that they move. */
  | "label"
  /** Do not move at all. */
  | "refuse";

/** What the gate is asked to judge. */
export interface GateScope {
  /** Namespace of the objects that move. */
  readonly namespace: string;
  readonly clusterName: string;
  /** Namespace and Deployment of the Bare Metal Operator, and namespace of Ironic, on both sides. */
  readonly operatorNamespace: string;
  readonly operatorDeployment: string;
  /** Which side is the moved cluster itself. */
  readonly nodesOn: "source" | "target";
  readonly unownedObjects: UnownedPolicy;
  /** "move": everything must be as the move needs it now. "rehearsal": Ironic need not have been handed over yet. */
  readonly occasion: "move" | "rehearsal";
  /** Whether an attempt has been made before: then the target holds a part, and the source may be paused. */
  readonly resumed: boolean;
}

/** The clock of an API server against this machine's. */
export interface ClockOffset {
  /** Positive: the server is ahead. */
  readonly seconds: number;
  /** Greatest error of that number, in seconds. */
  readonly error: number;
}

/** What was read of one management cluster. */
export interface SideFacts {
  readonly name: "source" | "target";
  /** URL of the API server. */
  readonly server: string;
  readonly inventory: Inventory;
  /** The namespace of the objects; undefined when it is absent. */
  readonly namespace?: KubeObject;
  /** clusterctl's inventory of providers. */
  readonly providers: readonly KubeObject[];
  /** Deployments of the providers, and those in the operator's namespace. */
  readonly deployments: readonly KubeObject[];
  /** Pods of the providers, and those in the operator's namespace. */
  readonly pods: readonly KubeObject[];
  /** Static pods of the control plane; empty where it is hosted elsewhere. */
  readonly controlPlanePods: readonly KubeObject[];
  readonly nodes: readonly KubeObject[];
  /** Config maps of the operator's namespace, Ironic's environment among them. */
  readonly settings: readonly KubeObject[];
  /** The cluster's local registry, by the convention of kube-public/local-registry-hosting. */
  readonly localRegistry?: string;
  readonly clock?: ClockOffset;
}

/** What became of a write that was tried on the server's side only. */
export interface Rehearsal {
  /** The object that was written: "BareMetalHost metal3/host-1". */
  readonly object: string;
  /** The object itself. */
  readonly subject: KubeObject;
  /** Undefined: accepted. "unanswered": a webhook, or the server, did not answer. "denied": it said no. */
  readonly trouble?: "unanswered" | "denied";
  readonly message?: string;
}

/** Whether the target's nodes reach a host's BMC. */
export interface BmcReach {
  /** "host-1", or several that share the BMC. */
  readonly hosts: readonly string[];
  /** "10.0.0.5:443". */
  readonly endpoint: string;
  readonly answers: boolean;
}

/** The probe of the BMCs from inside the target's Ironic pod, or why it was not made. */
export type BmcProbe =
  | { readonly kind: "made"; readonly from: string; readonly results: readonly BmcReach[] }
  | { readonly kind: "not made"; readonly why: string };

/** Everything that the gate looks at; read before anything is written. */
export interface GateFacts {
  readonly scope: GateScope;
  /** When it was read, milliseconds since the epoch by this machine's clock. */
  readonly readAt: number;
  readonly source: SideFacts;
  /** Undefined when there is only one management cluster. */
  readonly target?: SideFacts;
  /** Objects of the operator whose types clusterctl does not know, on the source. */
  readonly strangers: readonly KubeObject[];
  /** One create on the target for each kind that moves. */
  readonly creates: readonly Rehearsal[];
  /** Writes to hosts and their hardware data on the source. */
  readonly sourceWrites: readonly Rehearsal[];
  readonly bmcs: BmcProbe;
}

/** Both sides, the source first; the target only when there is one. */
export function sidesOf({ source, target }: GateFacts): SideFacts[] {
  return target ? [source, target] : [source];
}

/** Nodes of the moved cluster; none when they are on a side that is not known. */
export function clusterNodes(facts: GateFacts): readonly KubeObject[] | undefined {
  return (facts.scope.nodesOn === "source" ? facts.source : facts.target)?.nodes;
}

/** The moving objects of a kind. */
export function movingOfKind({ source }: GateFacts, ...kinds: readonly string[]): KubeObject[] {
  return source.inventory.moving.filter(({ kind }) => kinds.includes(kind ?? ""));
}
