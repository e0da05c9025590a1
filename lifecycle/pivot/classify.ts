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
  /** Neither side is known to be complete: only a person or a backup can tell what is right. */
  | "broken";

/** A classification with the reason for it. */
export interface Classification {
  readonly phase: MovePhase;
  /** Keys that are missing or too many; for messages. */
  readonly odd: readonly string[];
  /** Why the phase is "broken". */
  readonly why?: string;
}

/** Every classification but "broken" needs no reason. */
function found(phase: Exclude<MovePhase, "broken">): Classification {
  return { phase, odd: [] };
}

function broken(why: string, odd: readonly string[]): Classification {
  return { phase: "broken", odd, why };
}

/**
 * Tells from the inventories of both clusters how far a move has come. This, and no note of an earlier run, is the truth.
 *
 * clusterctl creates everything on the target before it deletes anything on the source. So a source object that the target
 * lacks means that creation had not ended and that the source is complete; none means that the target is complete.
 *
 * @param source Undefined when the source cluster does not answer.
 * @param planned Keys that were to move when the move began, if it began and they are known. Finds objects lost on both sides,
 * objects that controllers of a source unpaused too early have made since, and a target that only looks complete because the
 * source cannot be asked.
 */
export function classify(
  source: Side | undefined,
  target: Side,
  planned?: ReadonlySet<string>,
): Classification {
  const onSource = source?.keys ?? new Set<string>();
  const lostFromTarget = missing(planned ?? new Set(), target.keys);
  if (onSource.size === 0) {
    return classifyTargetAlone(target, lostFromTarget, { planned: !!planned, sourceAnswers: !!source });
  }
  const notOnTarget = missing(onSource, target.keys);
  if (notOnTarget.length === 0) {
    return lostFromTarget.length === 0
      ? found("deletion-begun")
      : broken("the target has all that the source still has, and lacks objects that were to move", [
          ...lostFromTarget,
        ]);
  }
  const deletionMarks = planned ? missing(planned, onSource) : onlyOnTarget(target, onSource);
  if (deletionMarks.length > 0) {
    // Deletion had begun, so the target should have had everything; what it lacks was lost, or made on the source since.
    return broken(
      "the source has lost objects, so that its deletion had begun, and has others that the target lacks",
      notOnTarget,
    );
  }
  if (source?.cluster === "absent") {
    return target.cluster === "absent"
      ? found("nothing-to-move")
      : broken("the source has no Cluster and other objects that the target lacks", notOnTarget);
  }
  return found(notOnTarget.length < onSource.size ? "partly-created" : "not-begun");
}

function classifyTargetAlone(
  target: Side,
  lostFromTarget: readonly string[],
  { planned, sourceAnswers }: { readonly planned: boolean; readonly sourceAnswers: boolean },
): Classification {
  if (target.cluster === "absent") {
    return planned
      ? broken("a move was begun, and neither side shows its Cluster", lostFromTarget)
      : found("nothing-to-move");
  }
  if (lostFromTarget.length > 0) {
    return broken(
      sourceAnswers
        ? "neither side has these objects"
        : "the target lacks these objects, and the source does not answer",
      lostFromTarget,
    );
  }
  if (target.cluster === "running") {
    return found("done");
  }
  return planned || sourceAnswers
    ? found("moved-but-paused")
    : broken(
        "the Cluster on the target is paused, the source does not answer, and no journal tells what was to move",
        [],
      );
}

/** Secrets and config maps that only the target has may be its user's; of the other kinds, none is there by chance. */
function onlyOnTarget(target: Side, onSource: ReadonlySet<string>): string[] {
  return target.cluster === "absent"
    ? []
    : missing(target.keys, onSource).filter((key) => !/^(Secret|ConfigMap) /.test(key));
}

/** Elements of `wanted` that `present` lacks, sorted. */
export function missing(wanted: ReadonlySet<string>, present: ReadonlySet<string>): string[] {
  return [...wanted].filter((key) => !present.has(key)).sort();
}
