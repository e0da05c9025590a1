/** What is known of one cluster's part in a move. */
export interface Side {
  /** Keys of the objects that move. */
  readonly keys: ReadonlySet<string>;
  /** Whether the Cluster is there, and paused. */
  readonly cluster: "absent" | "running" | "paused";
}

/** How far a move has come. */
export type MovePhase =
  /** Neither side holds a Cluster. */
  | "nothing-to-move"
  /** The target holds nothing of it. The source may be paused by an attempt that died early. */
  | "not-begun"
  /** The source is complete, the target holds a part: start over from the source, what exists is updated. */
  | "partly-created"
  /** The target is complete, the source still holds objects: it must never be unpaused; delete the rest there. */
  | "deletion-begun"
  /** The target holds everything, the source nothing, the Cluster is paused. */
  | "moved-but-paused"
  /** The target holds everything, the source nothing. */
  | "done"
  /** Neither side is complete, or the source has grown objects since: only a person or a backup can tell what is right. */
  | "broken";

/** A classification with the reason for it. */
export interface Classification {
  readonly phase: MovePhase;
  /** Keys that are missing or too many; for messages. */
  readonly odd: readonly string[];
}

/**
 * Tells from the inventories of both clusters how far a move has come. This, and no note of an earlier run, is the truth.
 *
 * clusterctl creates everything on the target before it deletes anything on the source. So a source object that the target
 * lacks means that creation had not ended and that the source is complete; none means that the target is complete.
 *
 * @param source Undefined when the source cluster is gone.
 * @param planned Keys that were to move when the move began, if known. Finds objects lost on both sides, and objects that
 * controllers of a source unpaused too early have made since.
 */
export function classify(
  source: Side | undefined,
  target: Side,
  planned?: ReadonlySet<string>,
): Classification {
  const onSource = source?.keys ?? new Set<string>();
  const lostFromTarget = missing(planned ?? new Set(), target.keys);
  if (onSource.size === 0) {
    if (target.cluster === "absent") {
      return { phase: planned ? "broken" : "nothing-to-move", odd: lostFromTarget };
    }
    if (lostFromTarget.length > 0) {
      return { phase: "broken", odd: lostFromTarget };
    }
    return { phase: target.cluster === "paused" ? "moved-but-paused" : "done", odd: [] };
  }
  const notOnTarget = missing(onSource, target.keys);
  const lostFromSource = missing(planned ?? new Set(), onSource);
  if (notOnTarget.length === 0) {
    return lostFromTarget.length === 0
      ? { phase: "deletion-begun", odd: [] }
      : { phase: "broken", odd: lostFromTarget };
  }
  if (lostFromSource.length > 0) {
    // Deletion had begun, so the target should have had everything; what it lacks was lost, or made on the source since.
    return { phase: "broken", odd: notOnTarget };
  }
  if (source?.cluster === "absent") {
    return { phase: target.cluster === "absent" ? "nothing-to-move" : "broken", odd: notOnTarget };
  }
  const begun = notOnTarget.length < onSource.size;
  return { phase: begun ? "partly-created" : "not-begun", odd: [] };
}

/** Elements of `wanted` that `present` lacks, sorted. */
export function missing(wanted: ReadonlySet<string>, present: ReadonlySet<string>): string[] {
  return [...wanted].filter((key) => !present.has(key)).sort();
}
