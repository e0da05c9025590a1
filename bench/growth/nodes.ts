import { setTimeout as pause } from "node:timers/promises";
import type { KubeClient } from "../../lifecycle/shared/kube/client";
import { types } from "../../lifecycle/shared/kube/types";
import { field, type KubeObject } from "../../lifecycle/shared/kube/objects";

const nodeName = "bench-node";

const ready = {
  phase: "Running",
  podIP: "10.32.0.9",
  podIPs: [{ ip: "10.32.0.9" }],
  conditions: [{ type: "Ready", status: "True" }],
};

/**
 * Does while `work` lasts what scheduler and kubelet would: gives every pod a node and makes it ready. The controllers of
 * Deployments, DaemonSets and Endpoints are real.
 */
export async function withReadyPods<T>(client: KubeClient, work: () => Promise<T>): Promise<T> {
  await client.create({ ...types.node, metadata: { name: nodeName } });
  const stopping = new AbortController();
  const loop = keepPodsReady(client, stopping.signal);
  try {
    return await work();
  } finally {
    stopping.abort();
    await loop;
  }
}

/**
 * Looks for pods until it is stopped. A look that fails is no end of it: an API server that was stopped together with the benchmark
 * leaves a request unanswered. What then stays undone is what the work waits for, and so it is the work that says it.
 */
async function keepPodsReady(client: KubeClient, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const pods = await client.list(types.pod).catch(() => []);
    for (const pod of pods) await makeReady(client, pod);
    await pause(300, undefined, { signal }).catch(() => undefined);
  }
}

/** A pod that goes away meanwhile is none of ours any more. */
async function makeReady(client: KubeClient, pod: KubeObject): Promise<void> {
  const { namespace = "", name } = pod.metadata;
  const conditions = field(pod, "status", "conditions");
  if (Array.isArray(conditions) && conditions.some(({ type }: { type: string }) => type === "Ready")) return;
  const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
  if (field(pod, "spec", "nodeName") === undefined) {
    const target = { kind: "Node", name: nodeName };
    const body = { apiVersion: "v1", kind: "Binding", metadata: { name }, target };
    await client.json("POST", `${path}/binding`, { body }).catch(() => undefined);
  }
  await client
    .patch({ ...types.pod, namespace, name }, "merge", { status: ready }, { subresource: "status" })
    .catch(() => undefined);
}
