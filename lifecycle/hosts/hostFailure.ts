import type { Context } from "../shared/context";
import { LifecycleFailure } from "../shared/failure";
import type { KubeClient } from "../shared/kube/client";
import { recentEvents } from "../shared/kube/evidence";
import { oneLine, type ObjectRef } from "../shared/kube/objects";
import { types } from "../shared/kube/types";
import { consoleTail } from "./console";
import { failureLayer } from "./failureLayer";
import { hostLine, type HostView, viewHost } from "./hostState";

/** Characters of an operator's error message: Ironic writes what it wanted at the begin and what it found at the end. */
const longestMessage = 1500;

/** Reference to a BareMetalHost. */
export function hostRef(namespace: string, name: string): ObjectRef {
  return { ...types.bareMetalHost, namespace, name };
}

/** All BareMetalHosts of a namespace, by name. */
export async function readHosts(client: KubeClient, namespace: string): Promise<Map<string, HostView>> {
  const hosts = await client.list(types.bareMetalHost, namespace);
  return new Map(hosts.map((host) => [host.metadata.name, viewHost(host)]));
}

/** The failure of a host whose error stays, with the operator's events about it and the end of its console. */
export async function hostFailure(
  context: Context,
  client: KubeClient,
  namespace: string,
  host: HostView,
): Promise<LifecycleFailure> {
  const { layer, remedy } = failureLayer(host);
  return new LifecycleFailure(
    `host ${host.name} failed (${layer}): ${host.errorType ?? "error"}: ${oneLine(host.errorMessage ?? "no message", longestMessage)}`,
    { evidence: await hostEvidence(context, client, namespace, host), remedy },
  );
}

/**
 * The failure of hosts that did not get ready in time, though the operator reports no lasting error. All of them are named,
 * each with the layer in which it hangs.
 *
 * @param aim What they were waited for, as in "did not become available".
 */
export async function hangingHosts(
  context: Context,
  client: KubeClient,
  namespace: string,
  hosts: readonly HostView[],
  aim: string,
  waitedSeconds: number,
): Promise<LifecycleFailure> {
  const parts = hosts.map((host) => `host ${host.name} (${failureLayer(host).layer}): ${hangingState(host)}`);
  const evidence = await Promise.all(hosts.map((host) => hostEvidence(context, client, namespace, host)));
  return new LifecycleFailure(`${aim} within ${Math.round(waitedSeconds)} s: ${parts.join("; ")}`, {
    evidence: evidence.flat(),
    remedy: [...new Set(hosts.map((host) => failureLayer(host).remedy))].join(" | "),
  });
}

/** "inspecting since 2026-01-01T00:00:00Z without an error", or the state with its error. */
function hangingState(host: HostView): string {
  if (host.errorMessage !== undefined) {
    return `${host.state || "new"}, ${host.errorType ?? "error"}: ${oneLine(host.errorMessage)}`;
  }
  const since = host.stateSince === undefined ? "" : ` since ${host.stateSince}`;
  return `${host.state || "not seen by the operator"}${since} without an error`;
}

/** State and events of a host, and the end of its console. */
async function hostEvidence(
  context: Context,
  client: KubeClient,
  namespace: string,
  host: HostView,
): Promise<string[]> {
  return [
    `${hostLine(host, host.name)}; operational status ${host.operationalStatus || "unknown"}, ${host.errorCount} failed attempts`,
    ...[
      ...(await recentEvents(client, hostRef(namespace, host.name))),
      // Before its BMC lets us in, nobody has switched the host on.
      ...(/^(registering)?$/.test(host.state) ? [] : await consoleTail(context.consoleLog, host.name)),
    ].map((line) => `  ${line}`),
  ];
}
