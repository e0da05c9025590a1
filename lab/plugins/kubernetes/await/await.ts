import { ANNOTATIONS, isAnnotationTrue, timeoutSeconds } from "../annotations";
import type { Cluster } from "../cluster";
import {
  annotationOf,
  apiVersionOf,
  idOf,
  kindOf,
  nestedNumber,
  nested,
  nestedObjects,
  nestedString,
} from "../objects";
import type { KubeObject } from "../objects";
import type { Operation } from "../operation";
import { evidenceOf } from "./evidence";
import { FailedForGood, readinessOf } from "./readiness";
import { serviceReadiness } from "./service";
import { parseWaitFor } from "./waitForAnnotation";
import { AwaitError, waitFor } from "./wait";
import type { Condition, Verdict } from "./wait";

/** Kinds whose `skipAwait` annotation also skips the wait for their deletion. */
const SKIPS_DELETION = new Set([
  "v1/Namespace",
  "v1/Pod",
  "v1/ReplicationController",
  "apps/v1/DaemonSet",
  "apps/v1/Deployment",
  "apps/v1/StatefulSet",
  "batch/v1/Job",
]);

/**
 * Waits until a created or updated object is ready, and returns it. What ready means is said by the annotation
 * `pulumi.com/waitFor`, else by the object's kind; `pulumi.com/skipAwait` turns both off.
 *
 * @param requested limit from the engine in seconds, 0 when the program sets none
 * @param previous the object before an update
 */
export async function awaitReady(
  operation: Operation,
  inputs: KubeObject,
  live: KubeObject,
  requested: number,
  previous?: KubeObject,
): Promise<KubeObject> {
  if (isAnnotationTrue(inputs, ANNOTATIONS.skipAwait)) return live;
  const annotation = annotationOf(live, ANNOTATIONS.waitFor);
  let condition: Condition | undefined;
  try {
    condition = annotation === "" ? readinessOf(operation.cluster, live, previous) : parseWaitFor(annotation);
  } catch (error) {
    throw new AwaitError((error as Error).message, live, []);
  }
  if (condition === undefined) return live;
  try {
    return await waitFor(operation, live, timeoutSeconds(requested, inputs), condition);
  } catch (error) {
    if (error instanceof FailedForGood) {
      throw new AwaitError(error.message, live, await evidenceOf(operation.cluster, live));
    }
    throw error;
  }
}

/** Why an object is not ready at this moment, for refreshes; empty when it is, or when its kind is not judged. */
export async function unreadyReasons(
  cluster: Cluster,
  inputs: KubeObject,
  live: KubeObject,
): Promise<string[]> {
  if (isAnnotationTrue(inputs, ANNOTATIONS.skipAwait)) return [];
  // Kinds that the official plugin judges on a refresh.
  if (!["Deployment", "StatefulSet", "DaemonSet", "Job", "Pod", "Service", "Ingress"].includes(kindOf(live)))
    return [];
  const verdict = await pointInTime(cluster, live);
  if (verdict.done) return [];
  return [verdict.message ?? "not ready", ...(await evidenceOf(cluster, live))];
}

async function pointInTime(cluster: Cluster, live: KubeObject): Promise<Verdict> {
  try {
    if (kindOf(live) === "Service") return await serviceReadiness(cluster, live);
    return (await readinessOf(cluster, live)?.(live, false)) ?? { done: true };
  } catch (error) {
    return { done: false, message: (error as Error).message };
  }
}

/** Waits until a deleted object is gone. */
export async function awaitDeleted(
  operation: Operation,
  inputs: KubeObject,
  live: KubeObject,
  requested: number,
): Promise<void> {
  const kind = `${apiVersionOf(live)}/${kindOf(live)}`;
  if (isAnnotationTrue(inputs, ANNOTATIONS.skipAwait) && SKIPS_DELETION.has(kind)) return;
  const limit = timeoutSeconds(requested, inputs);
  try {
    await waitFor(operation, live, limit, (object, gone) =>
      gone ? { done: true } : { done: false, message: deletionMessage(object) },
    );
  } catch (error) {
    if (!(error instanceof AwaitError)) throw error;
    const blockers = finalizersOf(error.object);
    const hint =
      blockers.length > 0 ? `; finalizers might be preventing deletion (${blockers.join(", ")})` : "";
    throw new AwaitError(
      operation.signal.aborted
        ? error.message
        : `timed out waiting for the condition: ${kind} "${idOf(live)}" still exists after ${limit}s${hint}`,
      error.object,
      error.reasons,
    );
  }
}

function deletionMessage(object: KubeObject): string {
  const blockers = finalizersOf(object);
  const content = nestedObjects(object, "status", "conditions").find(
    (condition) =>
      condition["status"] === "True" && /Remaining|Failure/.test(String(condition["type"] as string)),
  );
  if (content !== undefined) return `Waiting for deletion: ${nestedString(content, "message")}`;
  if (blockers.length > 0) return `Waiting for deletion (finalizers: ${blockers.join(", ")})`;
  const grace = nestedNumber(object, "metadata", "deletionGracePeriodSeconds");
  return grace === undefined || grace === 0
    ? "Waiting for deletion"
    : `Waiting for deletion (grace period ${grace}s)`;
}

function finalizersOf(object: KubeObject): string[] {
  const finalizers = nested(object, "metadata", "finalizers");
  return Array.isArray(finalizers) ? finalizers.filter((item) => typeof item === "string") : [];
}
