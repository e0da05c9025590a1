import { objectKey } from "../../../inventory/graph";
import { describe, type KubeObject, text } from "../../../shared/kube/objects";
import { capiPausedAnnotation } from "../../../shared/kube/types";
import {
  blockMoveAnnotation,
  capm3Pause,
  deleteForMoveAnnotation,
  isConsumed,
  ourPause,
  pausedAnnotation,
} from "../../hostAnnotations";
import type { GateFacts } from "../facts";
import { type Finding, refusal, unsettled, warning } from "../findings";

/** With this the Bare Metal Operator keeps the secret of a BMC for as long as its host is registered. */
const secretFinalizer = "baremetalhost.metal3.io/secret";

/** Nothing is being deleted, but for what waits for a host that stays. */
export function checkDeletions({ source }: GateFacts): Finding[] {
  return source.inventory.moving
    .filter(({ metadata }) => metadata.deletionTimestamp !== undefined)
    .map((object) =>
      isKeptByOperator(object)
        ? warning(
            describe(object),
            "was deleted by somebody, and is kept by the Bare Metal Operator until its host is gone",
            "nothing is to be done: the move makes a copy of it that is not deleted",
          )
        : unsettled(describe(object), "is being deleted", "wait until it is gone"),
    );
}

function isKeptByOperator({ kind, metadata: { finalizers = [] } }: KubeObject): boolean {
  return kind === "Secret" && finalizers.length === 1 && finalizers[0] === secretFinalizer;
}

/** Nothing bears the marks of a move that stopped half-way, and nothing blocks this one. */
export function checkMarks({ scope, source }: GateFacts): Finding[] {
  return scope.resumed ? [] : source.inventory.moving.flatMap((object) => assessMarks(object));
}

function assessMarks(object: KubeObject): Finding[] {
  const annotations = object.metadata.annotations ?? {};
  const isHost = object.kind === "BareMetalHost";
  const findings: Finding[] = [];
  if (deleteForMoveAnnotation in annotations) {
    findings.push(
      refusal(
        describe(object),
        "was about to be deleted by a move that was interrupted",
        "run `pulumi up` where that move was begun; it goes on from there",
      ),
    );
  }
  // CAPM3 from 1.14 on marks every host in use for good, and lifts the mark itself.
  if (blockMoveAnnotation in annotations && !(isHost && isConsumed(object))) {
    findings.push(
      unsettled(
        describe(object),
        `blocks the move by its annotation ${blockMoveAnnotation}`,
        "whoever has set it must take it away",
      ),
    );
  }
  const pause = isHost ? annotations[pausedAnnotation] : undefined;
  if (pause === ourPause || pause === capm3Pause) {
    findings.push(
      unsettled(
        describe(object),
        `still has the pause "${pause}" of an earlier move`,
        pause === ourPause
          ? `remove its annotation ${pausedAnnotation}`
          : "CAPM3 lifts it once the Cluster is not paused; see that it runs",
      ),
    );
  }
  return findings;
}

/** Kinds whose controllers must work on the target for the move to end: they lift the hosts' pauses. */
const mustWork = new Set(["Cluster", "Metal3Cluster", "Metal3Machine", "Machine"]);

/** Pauses that users have set on single objects. */
export function checkPauses({ source }: GateFacts): Finding[] {
  return source.inventory.moving
    .filter(
      ({ kind, metadata }) =>
        kind !== "Cluster" && kind !== "ClusterClass" && capiPausedAnnotation in (metadata.annotations ?? {}),
    )
    .map((object) =>
      mustWork.has(object.kind ?? "")
        ? refusal(
            describe(object),
            "is paused by an annotation, so its controller would not finish the move",
            `remove the annotation ${capiPausedAnnotation} for the time of the move`,
          )
        : warning(
            describe(object),
            "is paused by an annotation, and stays so on the target",
            `remove the annotation ${capiPausedAnnotation} if that is over`,
          ),
    );
}

/** The target holds nothing of the same name yet. */
export function checkLeftovers({ scope, source, target }: GateFacts): Finding[] {
  if (scope.resumed || !target) {
    return [];
  }
  return source.inventory.moving
    .filter((object) => target.inventory.keys.has(objectKey(object)))
    .map((object) =>
      refusal(
        `${describe(object)} on the target`,
        "exists before the move",
        "it is a leftover of something else; delete it if nothing needs it",
      ),
    );
}

/** The namespace can take what moves. */
export function checkNamespace({ scope, target }: GateFacts): Finding[] {
  if (!target) {
    return [];
  }
  const object = `Namespace ${scope.namespace} on the target`;
  if (!target.namespace) {
    return [
      unsettled(
        object,
        "is absent, so webhooks cannot be asked",
        "initialize the target's providers, or create it",
      ),
    ];
  }
  return text(target.namespace, "status", "phase") === "Terminating"
    ? [refusal(object, "is being deleted", "wait until it is gone, and create it again")]
    : [];
}
