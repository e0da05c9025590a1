import { detachedAnnotation, isPausedByUser, pausedAnnotation } from "../pivot/hostAnnotations";
import { describe, type KubeObject } from "../shared/kube/objects";
import { capiPausedAnnotation } from "../shared/kube/types";

/**
 * What its user has taken out of the controllers' hands, one line each. A paused object stays when it is deleted, until somebody
 * lifts the pause; a detached host goes at once, with its image and switched on. Pure.
 */
export function withheld(objects: readonly KubeObject[]): string[] {
  return objects.flatMap((object) => {
    const annotations = object.metadata.annotations ?? {};
    const because = (annotation: string, consequence: string) =>
      `${describe(object)} has the annotation ${annotation}: ${consequence}`;
    if (object.kind !== "BareMetalHost") {
      return capiPausedAnnotation in annotations && object.kind !== "ClusterClass"
        ? [because(capiPausedAnnotation, "its controller would not delete it")]
        : [];
    }
    return [
      ...(isPausedByUser(object)
        ? [because(pausedAnnotation, "it would neither be deprovisioned nor switched off")]
        : []),
      ...(detachedAnnotation in annotations
        ? [because(detachedAnnotation, "it would be forgotten with its image, switched on")]
        : []),
    ];
  });
}
