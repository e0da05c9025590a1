import { isObject } from "../../../../providers/shared/properties";
import type { Cluster } from "../cluster";
import { isNotFound } from "../apiClient";
import {
  annotationOf,
  apiVersionOf,
  kindOf,
  nameOf,
  namespaceOf,
  nested,
  nestedNumber,
  nestedObjects,
  nestedString,
} from "../objects";
import type { KubeObject } from "../objects";
import { podProblems, podsOf } from "./evidence";
import { serviceCondition } from "./service";
import type { Condition, Verdict } from "./wait";

/** An object has failed for good: waiting on would not help. */
export class FailedForGood extends Error {}

const DONE: Verdict = { done: true };
const REVISION = "deployment.kubernetes.io/revision";

/**
 * What an object of a kind has to be before the resource counts as created or updated; `undefined` for kinds that are
 * ready once the server has accepted them. Custom resources have no entry: they are awaited by annotation only.
 */
export function readinessOf(
  cluster: Cluster,
  object: KubeObject,
  previous?: KubeObject,
): Condition | undefined {
  switch (`${apiVersionOf(object)}/${kindOf(object)}`) {
    case "apps/v1/Deployment":
      return (live, gone) => (gone ? missing(live) : deployment(cluster, live));
    case "apps/v1/StatefulSet":
      return (live, gone) => (gone ? missing(live) : withPods(cluster, live, statefulSet(live)));
    case "apps/v1/DaemonSet":
      return (live, gone) => (gone ? missing(live) : withPods(cluster, live, daemonSet(live)));
    case "batch/v1/Job":
      return (live, gone) => (gone ? missing(live) : withPods(cluster, live, job(live)));
    case "v1/Pod":
      return (live, gone) => (gone ? missing(live) : pod(live));
    case "v1/Service":
      return serviceCondition(cluster);
    case "v1/PersistentVolumeClaim":
      return (live) => persistentVolumeClaim(cluster, live, previous !== undefined);
    case "v1/PersistentVolume":
      return (live) => phase(live, ["Available", "Bound"]);
    case "v1/Secret":
      return nestedString(object, "type") === "kubernetes.io/service-account-token" ? tokenSecret : undefined;
    case "networking.k8s.io/v1/Ingress":
      return ingress;
    case "apiextensions.k8s.io/v1/CustomResourceDefinition":
      return customResourceDefinition;
    default:
      return undefined;
  }
}

function missing(object: KubeObject): Verdict {
  return { done: false, message: `${kindOf(object)} "${nameOf(object)}" does not exist`, warning: true };
}

function statusOf(object: KubeObject, type: string): KubeObject | undefined {
  return nestedObjects(object, "status", "conditions").find((condition) => condition["type"] === type);
}

function isObserved(object: KubeObject): boolean {
  const observed = nestedNumber(object, "status", "observedGeneration");
  return observed !== undefined && observed >= (nestedNumber(object, "metadata", "generation") ?? 0);
}

async function deployment(cluster: Cluster, live: KubeObject): Promise<Verdict> {
  if (!isObserved(live)) return { done: false, message: "Waiting for the deployment controller" };
  const revision = annotationOf(live, REVISION);
  const progressing = statusOf(live, "Progressing");
  const available = statusOf(live, "Available");
  if (progressing?.["status"] === "False") return conditionProblem(progressing);
  const rolledOut = revision === "1" || progressing?.["reason"] === "NewReplicaSetAvailable";
  const desired = nestedNumber(live, "spec", "replicas") ?? 1;
  const updated = nestedNumber(live, "status", "updatedReplicas") ?? 0;
  const ready = nestedNumber(live, "status", "readyReplicas") ?? 0;
  if (available?.["status"] === "True" && rolledOut && updated >= desired) {
    const set = await activeReplicaSet(cluster, live, revision);
    const wanted = nestedNumber(set, "spec", "replicas") ?? 1;
    if (set !== undefined && (nestedNumber(set, "status", "readyReplicas") ?? 0) >= wanted) return DONE;
  }
  return withPods(cluster, live, {
    done: false,
    message: `Waiting for app ReplicaSet to be available (${ready}/${desired} Pods available)`,
  });
}

async function activeReplicaSet(
  cluster: Cluster,
  live: KubeObject,
  revision: string,
): Promise<KubeObject | undefined> {
  const uid = nestedString(live, "metadata", "uid");
  const sets = await cluster.list({ group: "apps", version: "v1", kind: "ReplicaSet" }, namespaceOf(live));
  return sets.find(
    (set) =>
      annotationOf(set, REVISION) === revision &&
      nestedObjects(set, "metadata", "ownerReferences").some((owner) => owner["uid"] === uid),
  );
}

function conditionProblem(condition: KubeObject): Verdict {
  return {
    done: false,
    message: `[${nestedString(condition, "reason")}] ${nestedString(condition, "message")}`,
    warning: true,
  };
}

function statefulSet(live: KubeObject): Verdict {
  if (!isObserved(live)) return { done: false, message: "Waiting for the stateful set controller" };
  const desired = nestedNumber(live, "spec", "replicas") ?? 1;
  const ready = nestedNumber(live, "status", "readyReplicas") ?? 0;
  const replicas = nestedNumber(live, "status", "replicas") ?? 0;
  const rolling = nestedString(live, "spec", "updateStrategy", "type") !== "OnDelete";
  const sameRevision =
    nestedString(live, "status", "updateRevision") === nestedString(live, "status", "currentRevision");
  if (ready === desired && replicas === desired && (!rolling || sameRevision)) return DONE;
  return { done: false, message: `Waiting for StatefulSet to be ready (${ready}/${desired} Pods ready)` };
}

function daemonSet(live: KubeObject): Verdict {
  const status = (field: string): number | undefined => nestedNumber(live, "status", field);
  const desired = status("desiredNumberScheduled");
  if (!isObserved(live) || desired === undefined) {
    return { done: false, message: "Waiting for the daemon set controller" };
  }
  const scheduled = status("currentNumberScheduled") ?? 0;
  const updated = status("updatedNumberScheduled") ?? 0;
  const available = status("numberAvailable") ?? 0;
  const ready = status("numberReady") ?? 0;
  const message = `scheduled ${scheduled}, updated ${updated}, available ${available}, ready ${ready} of ${desired}`;
  const done = [scheduled, updated, available, ready].every((count) => count >= desired);
  return done ? DONE : { done: false, message: `Waiting for DaemonSet: ${message}` };
}

function job(live: KubeObject): Verdict {
  const failed = statusOf(live, "Failed");
  if (failed?.["status"] === "True") {
    throw new FailedForGood(`[${nestedString(failed, "reason")}] ${nestedString(failed, "message")}`);
  }
  if (statusOf(live, "Complete")?.["status"] === "True") return DONE;
  if (nested(live, "status", "startTime") === undefined) {
    return { done: false, message: `Waiting for Job "${nameOf(live)}" to start` };
  }
  const count = (field: string): number => nestedNumber(live, "status", field) ?? 0;
  const progress = `Active: ${count("active")} | Succeeded: ${count("succeeded")} | Failed: ${count("failed")}`;
  return { done: false, message: `Waiting for Job "${nameOf(live)}" to succeed (${progress})` };
}

function pod(live: KubeObject): Verdict {
  if (nestedString(live, "status", "phase") === "Succeeded") return DONE;
  if (statusOf(live, "Ready")?.["status"] === "True") return DONE;
  const problem = podProblems(live)[0];
  if (problem !== undefined) return { done: false, message: problem, warning: true };
  const scheduled = statusOf(live, "PodScheduled")?.["status"] === "True";
  const stage = scheduled ? "ready" : "scheduled";
  return { done: false, message: `Waiting for Pod "${nameOf(live)}" to be ${stage}` };
}

async function persistentVolumeClaim(
  cluster: Cluster,
  live: KubeObject,
  isUpdate: boolean,
): Promise<Verdict> {
  if (isUpdate || nestedString(live, "status", "phase") === "Bound") return phase(live, ["Bound"]);
  const storageClass = nestedString(live, "spec", "storageClassName");
  let mode = "";
  if (storageClass !== "") {
    try {
      const classObject = {
        apiVersion: "storage.k8s.io/v1",
        kind: "StorageClass",
        metadata: { name: storageClass },
      };
      mode = nestedString(await cluster.get(classObject, storageClass), "volumeBindingMode");
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
  return phase(live, [mode === "WaitForFirstConsumer" ? "Pending" : "Bound"]);
}

function phase(live: KubeObject, wanted: readonly string[]): Verdict {
  const actual = nestedString(live, "status", "phase");
  if (wanted.includes(actual)) return DONE;
  return { done: false, message: `Waiting for phase ${wanted.join(" or ")} (now ${actual || "none"})` };
}

function tokenSecret(live: KubeObject): Verdict {
  const data = nested(live, "data");
  const filled = isObject(data) && Object.keys(data).length > 0;
  return filled ? DONE : { done: false, message: "Waiting for the token controller to fill the Secret" };
}

function ingress(live: KubeObject): Verdict {
  const addresses = nestedObjects(live, "status", "loadBalancer", "ingress");
  return addresses.length > 0 ? DONE : { done: false, message: "Waiting for the Ingress to get an address" };
}

/** Custom resources of the same run are refused until their kind is served. */
function customResourceDefinition(live: KubeObject): Verdict {
  const refused = statusOf(live, "NamesAccepted");
  if (refused?.["status"] === "False") return conditionProblem(refused);
  if (statusOf(live, "Established")?.["status"] === "True") return DONE;
  return { done: false, message: "Waiting for the API server to serve the new kind" };
}

/** Adds what is wrong with the pods of a workload. */
async function withPods(cluster: Cluster, live: KubeObject, verdict: Verdict): Promise<Verdict> {
  if (verdict.done) return verdict;
  try {
    const problem = (await podsOf(cluster, live)).flatMap(podProblems)[0];
    if (problem !== undefined)
      return { done: false, message: `${verdict.message}: ${problem}`, warning: true };
  } catch {
    // Pods only explain: the state of the workload decides.
  }
  return verdict;
}
