import type { MovePhase } from "../pivot/classify";

/** What is known of the places where a stack's objects can be. */
export interface Facts {
  /** An earlier attempt has released every host. */
  readonly released: boolean;
  /** An earlier attempt has moved the objects back to a bootstrap cluster of its own, or registered the hosts there. */
  readonly returned: boolean;
  /** Whether that bootstrap cluster answers. */
  readonly returnAnswers: boolean;
  /** A pivot was verified. */
  readonly pivoted: boolean;
  /** A pivot was begun. */
  readonly planned: boolean;
  /** Whether the bootstrap cluster of the bring-up answers. */
  readonly bootstrapAnswers: boolean;
  /** Whether the target's API server answers; undefined when there is no kubeconfig of it. */
  readonly targetAnswers: boolean | undefined;
  /** How far the move has come, where it can be told from the clusters that answer. */
  readonly phase?: MovePhase;
}

/** Where the objects are, and so what releasing the machines begins with. */
export type Whereabouts =
  /** Nowhere any more: every host was released. */
  | { readonly at: "released" }
  /** On the bootstrap cluster of an interrupted return. */
  | { readonly at: "return" }
  /** On the bootstrap cluster of the bring-up. */
  | { readonly at: "bootstrap" }
  /** On the target, complete: they have to be moved back. */
  | { readonly at: "target" }
  /** On both sides, or on the target and paused there: the move is to be ended first. */
  | { readonly at: "both" }
  /** In no place that answers. */
  | { readonly at: "nowhere"; readonly why: string };

/**
 * Tells where the objects are. Machines are released only through the one complete copy of their objects: whatever is
 * doubtful is "nowhere", which takes the operator's consent to go on.
 */
export function locate(facts: Facts): Whereabouts {
  if (facts.released) {
    return { at: "released" };
  }
  if (facts.returned) {
    return facts.returnAnswers
      ? { at: "return" }
      : {
          at: "nowhere",
          why: "an earlier `pulumi destroy` has moved the objects back to a bootstrap cluster, which does not answer",
        };
  }
  if (facts.pivoted) {
    return facts.targetAnswers
      ? { at: "target" }
      : { at: "nowhere", why: "the cluster manages itself, and its API server does not answer" };
  }
  switch (facts.phase) {
    case "not-begun":
    case "nothing-to-move":
      return facts.bootstrapAnswers
        ? { at: "bootstrap" }
        : { at: "nowhere", why: "the bootstrap cluster does not answer, and the target holds no objects" };
    case "partly-created":
    case "deletion-begun":
    case "moved-but-paused":
    case "done":
      return { at: "both" };
    case "broken":
      return { at: "nowhere", why: "a move was interrupted and neither side is complete" };
    case undefined:
      break;
  }
  if (!facts.bootstrapAnswers) {
    return { at: "nowhere", why: "the bootstrap cluster does not answer, and no pivot was verified" };
  }
  return facts.planned
    ? { at: "nowhere", why: "a move was begun, and the target's API server does not answer" }
    : { at: "bootstrap" };
}
