/** What is known of one cluster's Ironic. */
export type IronicState =
  /** It is to run (its Deployment has replicas), or a pod of it is left. */
  | "runs"
  | "stopped"
  /** The cluster has no Deployment of it. */
  | "absent"
  /** The cluster's API server does not answer. */
  | "unreachable";

/** Both clusters before a hand-over. */
export interface Sides {
  readonly source: IronicState;
  readonly target: Exclude<IronicState, "unreachable">;
  /** Objects have begun to move, or have moved: the source is not to work any more. */
  readonly moving: boolean;
  /** The move is verified. */
  readonly moved: boolean;
}

/** What a hand-over begins with. Every way goes on to a target's Ironic that answers. */
export type Turn =
  /** Stop the source's, prove the wire silent, start the target's. */
  | "hand-over"
  /** Nobody runs: prove the wire silent, start the target's. */
  | "start"
  /** The target's runs alone: wait until it answers. */
  | "await"
  /** Both run, and the source is still the owner: stop both, and hand over. */
  | "stop-both"
  /** Both run, and the target is the owner: stop the source's. */
  | "stop-source"
  /** It cannot be known that the source's is stopped. */
  | "source-unknown"
  /** There is nothing to be started on the target. */
  | "target-absent";

/** Decides from what is found, so that a hand-over that was interrupted anywhere goes on. Pure. */
export function decideTurn({ source, target, moving, moved }: Sides): Turn {
  const sourceRuns = source === "runs";
  if (target === "absent") {
    return "target-absent";
  }
  if (target === "runs") {
    return !sourceRuns ? "await" : moving ? "stop-source" : "stop-both";
  }
  if (source === "unreachable" && !moved) {
    return "source-unknown";
  }
  return sourceRuns ? "hand-over" : "start";
}

/** Whether the source's Ironic may be started again when the target's does not come up: nothing has begun to move. */
export function mayPutBack({ source, moving }: Sides): boolean {
  return !moving && (source === "runs" || source === "stopped");
}
