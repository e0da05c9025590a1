import type { PropertyMap } from "../../../../providers/shared/properties";
import type { Cluster } from "../cluster";
import {
  gvkOf,
  kindOf,
  nameOf,
  namespaceOf,
  nested,
  nestedNumber,
  nestedObjects,
  nestedString,
} from "../objects";
import type { KubeObject } from "../objects";
import { isObject } from "../../../../providers/shared/properties";

/** Limit for collecting evidence, in milliseconds: a dead server must not prolong a failure. */
const LIMIT = 5_000;
const MAX_EVENTS = 5;
const MAX_PODS = 5;

/** What the cluster knows about an object that is not ready: its conditions, its pods, and the events of both. */
export async function evidenceOf(cluster: Cluster, object: KubeObject): Promise<string[]> {
  const lines = nestedObjects(object, "status", "conditions").map(conditionLine);
  const signal = AbortSignal.timeout(LIMIT);
  try {
    lines.push(...(await eventLines(cluster, object, signal)));
    for (const pod of (await podsOf(cluster, object, signal)).slice(0, MAX_PODS)) {
      lines.push(...podProblems(pod), ...(await eventLines(cluster, pod, signal)));
    }
  } catch {
    // The failure itself is the message; what explains it is a gift.
  }
  return lines;
}

/** `Ready=False [Reason] message`. */
export function conditionLine(condition: PropertyMap): string {
  const reason = nestedString(condition, "reason");
  const message = nestedString(condition, "message");
  const state = `condition ${nestedString(condition, "type")}=${nestedString(condition, "status")}`;
  return [state, ...(reason === "" ? [] : [`[${reason}]`]), message].filter((part) => part !== "").join(" ");
}

/** What keeps a pod from being ready, one line for each container or condition. */
export function podProblems(pod: KubeObject): string[] {
  const name = nameOf(pod);
  const lines: string[] = [];
  for (const condition of nestedObjects(pod, "status", "conditions")) {
    if (condition["type"] === "PodScheduled" && condition["status"] === "False") {
      lines.push(`pod ${name}: [${nestedString(condition, "reason")}] ${nestedString(condition, "message")}`);
    }
  }
  const containers = [
    ...nestedObjects(pod, "status", "initContainerStatuses"),
    ...nestedObjects(pod, "status", "containerStatuses"),
  ];
  for (const container of containers) {
    const waiting = nested(container, "state", "waiting");
    const ended = nested(container, "state", "terminated");
    const code = nestedNumber(ended, "exitCode");
    if (isObject(waiting) && waiting["reason"] !== "PodInitializing") {
      lines.push(
        `pod ${name}, container ${nestedString(container, "name")}: [${nestedString(waiting, "reason")}] ` +
          nestedString(waiting, "message"),
      );
    } else if (code !== undefined && code !== 0) {
      lines.push(
        `pod ${name}, container ${nestedString(container, "name")}: exited with code ${code} ` +
          nestedString(ended, "message"),
      );
    }
  }
  return lines.map((line) => line.trim());
}

/** Pods that a workload or a service selects. */
export async function podsOf(
  cluster: Cluster,
  object: KubeObject,
  signal?: AbortSignal,
): Promise<KubeObject[]> {
  const selector =
    kindOf(object) === "Service"
      ? nested(object, "spec", "selector")
      : (nested(object, "spec", "selector", "matchLabels") ?? undefined);
  if (!isObject(selector) || Object.keys(selector).length === 0) return [];
  const labelSelector = Object.entries(selector)
    .map(([key, value]) => `${key}=${String(value as string)}`)
    .join(",");
  return cluster.list(
    { group: "", version: "v1", kind: "Pod" },
    namespaceOf(object),
    { labelSelector },
    signal,
  );
}

async function eventLines(cluster: Cluster, object: KubeObject, signal: AbortSignal): Promise<string[]> {
  const uid = nestedString(object, "metadata", "uid");
  if (uid === "") return [];
  const events = await cluster.list(
    { group: "", version: "v1", kind: "Event" },
    namespaceOf(object),
    { fieldSelector: `involvedObject.uid=${uid}` },
    signal,
  );
  return events
    .sort((a, b) => timeOf(a).localeCompare(timeOf(b)))
    .slice(-MAX_EVENTS)
    .map(
      (event) =>
        `event of ${gvkOf(object).kind} ${nameOf(object)}: ${nestedString(event, "type")} ` +
        `[${nestedString(event, "reason")}] ${nestedString(event, "message")}`,
    );
}

function timeOf(event: KubeObject): string {
  return (
    nestedString(event, "lastTimestamp") ||
    nestedString(event, "eventTime") ||
    nestedString(event, "metadata", "creationTimestamp")
  );
}
