import type { KubeClient } from "./client";
import { count, field, isTrue, type KubeObject, text } from "./objects";
import { types } from "./types";

/** Seconds after which a cluster that has CoreDNS and no kube-proxy counts as one that does without it: kubeadm makes both at once. */
const proxyPatienceSeconds = 30;

/**
 * What a young cluster still lacks for Services to be reachable; undefined when they are. What connects to one before hangs
 * until its attempt is given up, half a minute later.
 *
 * @param now Milliseconds.
 */
export async function lackForServices(client: KubeClient, now: number): Promise<string | undefined> {
  const namespace = "kube-system";
  const [proxy, dns] = await Promise.all([
    client.find({ ...types.daemonSet, namespace, name: "kube-proxy" }),
    client.find({ ...types.deployment, namespace, name: "coredns" }),
  ]);
  return proxyLack(proxy, dns, now);
}

/** The judgement of {@link lackForServices}. Pure. */
export function proxyLack(
  proxy: KubeObject | undefined,
  dns: KubeObject | undefined,
  now: number,
): string | undefined {
  if (proxy) {
    return (count(proxy, "status", "numberReady") ?? 0) > 0 ? undefined : "kube-proxy runs on no node yet";
  }
  const since = Date.parse(dns?.metadata.creationTimestamp ?? "");
  return now - since > proxyPatienceSeconds * 1000 ? undefined : "there is no kube-proxy yet";
}

/**
 * What a young cluster still lacks for pods to start; undefined when they can: a node is Ready, and what every node runs
 * (kube-proxy, the CNI) runs on one. A pod made before fails to get its network, which kubelet tries again after ten seconds.
 */
export async function lackForPods(client: KubeClient): Promise<string | undefined> {
  const [nodes, daemonSets, pods] = await Promise.all([
    client.list(types.node),
    client.list(types.daemonSet),
    client.list(types.pod),
  ]);
  return lackOf(nodes, daemonSets, pods);
}

/** The judgement of {@link lackForPods}. Pure. */
export function lackOf(
  nodes: readonly KubeObject[],
  daemonSets: readonly KubeObject[],
  pods: readonly KubeObject[],
): string | undefined {
  if (!nodes.some((node) => isTrue(node, "Ready"))) return "no node is Ready";
  const running = new Set(pods.filter(isRunning).flatMap(({ metadata }) => ownerUids(metadata)));
  // Not its readiness: the CNI's probes may begin long after it works.
  const waiting = daemonSets.filter(({ metadata }) => !running.has(metadata.uid ?? ""));
  return waiting.length === 0
    ? undefined
    : `not running on any node: ${waiting.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`).join(", ")}`;
}

function ownerUids({ ownerReferences = [] }: KubeObject["metadata"]): string[] {
  return ownerReferences.map(({ uid }) => uid);
}

/** Whether every container of a pod runs, its init containers having ended. */
function isRunning(pod: KubeObject): boolean {
  const containers = field(pod, "status", "containerStatuses");
  return (
    text(pod, "status", "phase") === "Running" &&
    Array.isArray(containers) &&
    containers.every((status: { state?: { running?: object } }) => status.state?.running !== undefined)
  );
}
