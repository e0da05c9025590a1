import type { Classification, MovePhase, Side } from "./classify";

/** One thing that a pivot does. Each can be interrupted, and done again. */
export type Step =
  /** Let nothing pass that speaks against the move. Reads only. */
  | "pass-gate"
  /** Keep a copy of what moves, and note what there is. */
  | "note-plan"
  /** Stop the source's Bare Metal Operator for good: it would deprovision hosts that are deleted for the move. */
  | "stop-operator"
  /** Unpause the Cluster on a source that is complete: clusterctl refuses one that is paused already. */
  | "unpause-source"
  /** Protect every host on the source: paused, with its status. */
  | "hold-hosts"
  /** Note that from here on a paused Cluster is clusterctl's doing. */
  | "note-move"
  /** `clusterctl move`. */
  | "move"
  /** Pause what the source still has, so that nobody there acts on what is incomplete. */
  | "close-source"
  /** Delete on the source what the target has. */
  | "delete-from-source"
  /** Take our marks off the hosts on the target. */
  | "release-hosts"
  /** Let the controllers of the target work. */
  | "unpause-target";

/** Phases from which a program can go on by itself. */
export type OpenPhase = Exclude<MovePhase, "nothing-to-move" | "broken">;

/** Whether the program can go on from what was found. */
export function isOpen(phase: MovePhase): phase is OpenPhase {
  return phase !== "nothing-to-move" && phase !== "broken";
}

/** What the steps depend on. */
export interface Found {
  readonly phase: OpenPhase;
  /** The Cluster on the source; "gone" when the source does not answer. */
  readonly source: Side["cluster"] | "gone";
  readonly target: Side["cluster"];
}

/** What was found, as the steps need it. */
export function foundOf(
  { phase }: Classification & { readonly phase: OpenPhase },
  source: Side | undefined,
  target: Side,
): Found {
  return { phase, source: source?.cluster ?? "gone", target: target.cluster };
}

/**
 * What is to be done, in this order, until the target owns everything and works. The order is what makes a kill between any
 * two writes harmless: see the properties in the unit tests. Hosts are let go last: as long as the
 * Cluster is paused CAPM3 pauses a host in use again, and overwrites the status that the operator is to take over by the new
 * object's, which is empty; the operator would then write the host anew.
 */
export function stepsFrom({ phase, source, target }: Found): readonly Step[] {
  const unpauseTarget: readonly Step[] = target === "paused" ? ["unpause-target"] : [];
  switch (phase) {
    case "not-begun":
    case "partly-created":
      return [
        "pass-gate",
        "note-plan",
        "stop-operator",
        ...(source === "paused" ? (["unpause-source"] as const) : []),
        "hold-hosts",
        "note-move",
        "move",
        "release-hosts",
      ];
    case "deletion-begun":
      return ["stop-operator", "close-source", "delete-from-source", ...unpauseTarget, "release-hosts"];
    case "moved-but-paused":
    case "done":
      return [...unpauseTarget, "release-hosts"];
  }
}
