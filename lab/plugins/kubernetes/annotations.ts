import { annotationOf } from "./objects";
import type { KubeObject } from "./objects";

/** Annotations that steer how an object is managed. Upstream: `provider/pkg/metadata/annotations.go`. */
export const ANNOTATIONS = {
  autonamed: "pulumi.com/autonamed",
  skipAwait: "pulumi.com/skipAwait",
  waitFor: "pulumi.com/waitFor",
  timeoutSeconds: "pulumi.com/timeoutSeconds",
  patchForce: "pulumi.com/patchForce",
  patchFieldManager: "pulumi.com/patchFieldManager",
  deletionPropagationPolicy: "pulumi.com/deletionPropagationPolicy",
} as const;

/** Annotation that `kubectl apply` keeps; never an input. */
export const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

/** True when the annotation is the string `true`. */
export function isAnnotationTrue(object: KubeObject, key: string): boolean {
  return annotationOf(object, key) === "true";
}

/** Limit of an operation when neither `customTimeouts` nor the annotation sets one, in seconds. */
export const DEFAULT_TIMEOUT_SECONDS = 600;

/**
 * Limit of an operation in seconds: `customTimeouts` of the resource, else the annotation, else ten minutes.
 *
 * @param requested seconds from the engine, 0 when the program sets none
 */
export function timeoutSeconds(requested: number, inputs: KubeObject): number {
  if (requested > 0) return requested;
  const annotated = annotationOf(inputs, ANNOTATIONS.timeoutSeconds);
  return /^\d+$/.test(annotated) ? Number(annotated) : DEFAULT_TIMEOUT_SECONDS;
}

/** What happens to dependents on deletion; `Foreground` unless the annotation says otherwise. */
export function deletionPropagation(inputs: KubeObject): "Orphan" | "Background" | "Foreground" {
  switch (annotationOf(inputs, ANNOTATIONS.deletionPropagationPolicy).toLowerCase()) {
    case "orphan":
      return "Orphan";
    case "background":
      return "Background";
    default:
      return "Foreground";
  }
}
