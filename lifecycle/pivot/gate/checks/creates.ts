import { field } from "../../../shared/kube/objects";
import type { GateFacts } from "../facts";
import { type Finding, refusal, unsettled, warning } from "../findings";

/** The target takes one object of each kind that moves: its webhooks answer, and know what they are given. */
export function checkCreates({ creates }: GateFacts): Finding[] {
  return creates
    .filter(({ trouble }) => trouble !== undefined)
    .map(({ object, subject, trouble, message = "" }) => {
      if (trouble === "unanswered") {
        return unsettled(
          `${object} on the target`,
          `cannot be created (dry run): ${message}`,
          "the controller's pod must be available on the target, and reached by its API server",
        );
      }
      // Its class is not there before the move; clusterctl creates it first.
      return (field(subject, "spec", "topology") === undefined ? refusal : warning)(
        `${object} on the target`,
        `is denied (dry run): ${message}`,
        "the target's providers must be those of the source; correct the object if it is not valid any more",
      );
    });
}
