import { LifecycleFailure } from "../shared/failure";
import type { KubeClient } from "../shared/kube/client";
import { recentEvents } from "../shared/kube/evidence";
import { type KubeObject, type ObjectRef } from "../shared/kube/objects";
import { types } from "../shared/kube/types";
import { failureLayer, hostLine, type HostView, viewHost } from "./hostState";

/** Reference to a BareMetalHost. */
export function hostRef(namespace: string, name: string): ObjectRef {
  return { ...types.bareMetalHost, namespace, name };
}

/** All BareMetalHosts of a namespace, by name. */
export async function readHosts(client: KubeClient, namespace: string): Promise<Map<string, HostView>> {
  const hosts = await client.list(types.bareMetalHost, namespace);
  return new Map(hosts.map((host) => [host.metadata.name, viewHost(host)]));
}

/** The failure of a host whose error stays, with the operator's events about it. */
export async function hostFailure(
  client: KubeClient,
  namespace: string,
  host: HostView,
): Promise<LifecycleFailure> {
  const { layer, remedy } = failureLayer(host);
  return new LifecycleFailure(
    `host ${host.name} failed (${layer}): ${host.errorType ?? "error"}: ${host.errorMessage ?? "no message"}`,
    {
      evidence: [
        `last state: ${host.state || "new"}, operational status ${host.operationalStatus || "unknown"}, ${host.errorCount} failed attempts`,
        ...(await recentEvents(client, hostRef(namespace, host.name))),
      ],
      remedy,
    },
  );
}

/** States and events of some hosts. */
export async function hostEvidence(
  client: KubeClient,
  namespace: string,
  names: readonly string[],
): Promise<string[]> {
  const hosts = await readHosts(client, namespace);
  const lines = await Promise.all(
    names.map(async (name) => [
      hostLine(hosts.get(name), name),
      ...(await recentEvents(client, hostRef(namespace, name), 5)).map((line) => `  ${line}`),
    ]),
  );
  return lines.flat();
}

/** Annotation whose change makes the operator look at a host again; it is taken away at once. */
const retryAnnotation = "metal3.pulumi.com/retry";

/**
 * Makes the operator retry a host in error now instead of after its pause, which grows to hours. For a program that is
 * run again after the cause was mended.
 */
export async function retryNow(client: KubeClient, host: KubeObject): Promise<void> {
  const ref = hostRef(host.metadata.namespace ?? "", host.metadata.name);
  for (const value of [new Date().toISOString(), null]) {
    await client.patch(ref, "merge", { metadata: { annotations: { [retryAnnotation]: value } } });
  }
}
