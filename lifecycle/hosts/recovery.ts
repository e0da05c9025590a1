import type { Context } from "../shared/context";
import type { KubeClient } from "../shared/kube/client";
import { types } from "../shared/kube/types";
import { hostRef } from "./hostFailure";
import { gaveUpAnnotation, hostLine, type HostView, viewHost } from "./hostState";

/** Annotation whose change makes the operator look at a host again; it is taken away at once. */
const retryAnnotation = "metal3.pulumi.com/retry";

/**
 * The operator's own annotation for a reboot; with `force` it breaks off what it waits for, and takes the annotation away. One
 * with a suffix would keep the host off until we take it away.
 */
const rebootAnnotation = "reboot.metal3.io";

/** What a run that follows a failed one does for a host. */
export type Recovery = "retry" | "restart" | "nothing";

/**
 * What helps a host over a cause that was mended since an earlier run.
 *
 * A host in error is retried now: the operator's pauses grow to hours. A host that an earlier run gave up on while it was to
 * be inspected, and that is at it still, is restarted: it may hang since before the cause was mended, and Ironic waits half an
 * hour before it says so. Where a host boots to be cleaned or written, Ironic itself switches it off and on again after 20
 * minutes without a sign of life, and a host that is being written must not be disturbed. So no other state is touched.
 */
export function recoveryOf(host: HostView): Recovery {
  if (host.deleting) {
    return "nothing";
  }
  if (host.errorMessage !== undefined) {
    return "retry";
  }
  const sameWait =
    host.gaveUpAt !== undefined &&
    (host.stateSince === undefined || Date.parse(host.stateSince) <= Date.parse(host.gaveUpAt));
  return sameWait && host.state === "inspecting" ? "restart" : "nothing";
}

/**
 * Helps some hosts over what was mended since an earlier run; see {@link recoveryOf}.
 *
 * @returns The names of those that an earlier run waited for in vain.
 */
export async function recoverHosts(
  context: Context,
  client: KubeClient,
  namespace: string,
  concerns: (host: HostView) => boolean,
): Promise<ReadonlySet<string>> {
  const givenUp = new Set<string>();
  for (const object of await client.list(types.bareMetalHost, namespace)) {
    const host = viewHost(object);
    if (!concerns(host)) {
      continue;
    }
    if (host.gaveUpAt !== undefined) {
      givenUp.add(host.name);
    }
    const recovery = recoveryOf(host);
    if (recovery === "retry") {
      context.progress(`${hostLine(host, host.name)}: asking the operator to try again now`);
      await annotate(client, namespace, host.name, { [retryAnnotation]: new Date().toISOString() });
    } else if (recovery === "restart") {
      context.progress(
        `${hostLine(host, host.name)} since ${host.stateSince ?? "an earlier run"}: restarting it`,
      );
      await annotate(client, namespace, host.name, {
        [rebootAnnotation]: JSON.stringify({ mode: "hard", force: true }),
      });
    }
    if (recovery === "retry" || host.gaveUpAt !== undefined) {
      await annotate(client, namespace, host.name, { [retryAnnotation]: null, [gaveUpAnnotation]: null });
    }
  }
  return givenUp;
}

/** Notes on hosts that they were waited for in vain, for the next run. */
export async function noteGivingUp(
  client: KubeClient,
  namespace: string,
  hosts: readonly HostView[],
): Promise<void> {
  for (const { name } of hosts) {
    await annotate(client, namespace, name, { [gaveUpAnnotation]: new Date().toISOString() });
  }
}

async function annotate(
  client: KubeClient,
  namespace: string,
  name: string,
  annotations: Readonly<Record<string, string | null>>,
): Promise<void> {
  await client.patch(hostRef(namespace, name), "merge", { metadata: { annotations } });
}
