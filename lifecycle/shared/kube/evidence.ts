import { errorText } from "../failure";
import type { KubeClient } from "./client";
import { count, field, type KubeObject, type ObjectRef, oneLine, text, troubledConditions } from "./objects";
import { types } from "./types";

/** The latest events about an object, oldest first, one a line. */
export async function recentEvents(client: KubeClient, ref: ObjectRef, limit = 8): Promise<string[]> {
  return tolerant(async () => {
    const events = await client.list(types.event, ref.namespace ?? "default", {
      fieldSelector: `involvedObject.kind=${ref.kind},involvedObject.name=${ref.name}`,
    });
    return events
      .map((event) => ({ event, at: eventTime(event) }))
      .sort((a, b) => a.at.localeCompare(b.at))
      .slice(-limit)
      .map(
        ({ event, at }) =>
          `event ${at} ${text(event, "type") ?? ""} ${text(event, "reason") ?? ""}: ${oneLine(text(event, "message") ?? "")}`,
      );
  });
}

function eventTime(event: KubeObject): string {
  return (
    text(event, "lastTimestamp") ??
    text(event, "eventTime") ??
    text(event, "firstTimestamp") ??
    event.metadata.creationTimestamp ??
    ""
  );
}

/** State of the pods of a namespace (or of a selection), and the ends of the logs of containers that are not ready. */
export async function podEvidence(
  client: KubeClient,
  namespace: string,
  options: {
    readonly labelSelector?: string;
    readonly logLines?: number;
    readonly logsOfReady?: boolean;
  } = {},
): Promise<string[]> {
  return tolerant(async () => {
    const pods = await client.list(types.pod, namespace, { labelSelector: options.labelSelector });
    if (pods.length === 0) {
      return [
        `${client.name}: no pods in namespace ${namespace}${options.labelSelector ? ` with ${options.labelSelector}` : ""}`,
      ];
    }
    const lines: string[] = [];
    for (const pod of pods) {
      lines.push(`pod ${namespace}/${pod.metadata.name}: ${text(pod, "status", "phase") ?? "no phase"}`);
      lines.push(...troubledConditions({ ...pod, kind: "Pod" }).map((line) => `  ${line}`));
      for (const status of containerStatuses(pod)) {
        lines.push(`  container ${describeContainer(status)}`);
        if (options.logsOfReady || field(status, "ready") !== true) {
          lines.push(...(await logTail(client, pod, text(status, "name") ?? "", options.logLines ?? 8)));
        }
      }
      lines.push(...(await recentEvents(client, podRef(pod), 4)).map((line) => `  ${line}`));
    }
    return lines;
  });
}

/** One line for each pod of a namespace that is not ready: "name: container: reason". */
export function unreadyPods(pods: readonly KubeObject[]): string[] {
  return pods.flatMap((pod) => {
    const unready = containerStatuses(pod).filter((status) => field(status, "ready") !== true);
    if (
      text(pod, "status", "phase") === "Succeeded" ||
      (unready.length === 0 && containerStatuses(pod).length > 0)
    ) {
      return [];
    }
    const why = unready.map(describeContainer).join(", ") || (text(pod, "status", "phase") ?? "no phase");
    return [`${pod.metadata.name}: ${why}`];
  });
}

function containerStatuses(pod: KubeObject): unknown[] {
  const finishedInit = (status: unknown) => text(status, "state", "terminated", "reason") === "Completed";
  const init = (field(pod, "status", "initContainerStatuses") ?? []) as unknown[];
  const main = (field(pod, "status", "containerStatuses") ?? []) as unknown[];
  return [...init.filter((status) => !finishedInit(status)), ...main];
}

function describeContainer(status: unknown): string {
  const restarts = count(status, "restartCount");
  const waiting = text(status, "state", "waiting", "reason");
  const ended = text(status, "state", "terminated", "reason");
  const message =
    text(status, "state", "waiting", "message") ?? text(status, "state", "terminated", "message");
  const state = waiting ?? ended ?? (field(status, "ready") === true ? "ready" : "running, not ready");
  return `${text(status, "name")} ${state}${restarts ? `, ${restarts} restarts` : ""}${message ? ` (${oneLine(message)})` : ""}`;
}

async function logTail(
  client: KubeClient,
  pod: KubeObject,
  container: string,
  lines: number,
): Promise<string[]> {
  const { namespace = "default", name } = pod.metadata;
  for (const previous of [false, true]) {
    try {
      const log = await client.logs(namespace, name, container, lines, previous);
      if (log.trim() !== "") {
        return log
          .trimEnd()
          .split("\n")
          .map((line) => `    | ${oneLine(line)}`);
      }
    } catch {
      // A container that never started has no log; its state, above, says why.
    }
  }
  return [];
}

function podRef(pod: KubeObject): ObjectRef {
  return { ...types.pod, namespace: pod.metadata.namespace, name: pod.metadata.name };
}

/** Evidence must never hide the failure that it is collected for. */
async function tolerant(collect: () => Promise<string[]>): Promise<string[]> {
  try {
    return await collect();
  } catch (error) {
    return [`evidence could not be read: ${errorText(error)}`];
  }
}
