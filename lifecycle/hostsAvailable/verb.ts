import { hostEvidence, hostFailure, readHosts, retryNow } from "../hosts/hostFailure";
import { ErrorWatch, hostLine, isUsable, viewHost } from "../hosts/hostState";
import { hostsAvailableInput, type HostsAvailableResult } from "../inputs/hostsAvailable";
import type { Context } from "../shared/context";
import { KubeClient } from "../shared/kube/client";
import { types } from "../shared/kube/types";
import { defineVerb } from "../shared/verb";
import { waitFor } from "../shared/waitFor";

/** `hosts-available`: waits until every host is inspected and clean, or already in use; names the first that fails. */
export const verb = defineVerb({
  input: hostsAvailableInput,
  async run(input, context): Promise<HostsAvailableResult> {
    const client = await KubeClient.fromFile("the management cluster", input.kubeconfigPath, context.signal);
    const watch = new ErrorWatch(input.patience);
    await retryFailedHosts(context, client, input.namespace, input.hosts);
    const hosts = await waitFor(context, {
      what: `hosts ${input.hosts.join(", ")} to be available`,
      limitSeconds: input.limitSeconds,
      poll: async () => {
        const views = await readHosts(client, input.namespace);
        for (const name of input.hosts) {
          const view = views.get(name);
          if (view && watch.observe(view, Date.now())) {
            throw await hostFailure(client, input.namespace, view);
          }
        }
        const pending = input.hosts.filter((name) => !views.has(name) || !isUsable(views.get(name)!));
        return pending.length === 0
          ? { done: true, value: views }
          : { done: false, state: input.hosts.map((name) => hostLine(views.get(name), name)).join(" | ") };
      },
      evidence: () => hostEvidence(client, input.namespace, input.hosts),
      remedy:
        "a host that stays in registering does not reach its BMC; one that stays in inspecting has not booted the RAM disk: look at its console and at the DHCP and Ironic containers' logs",
    });
    await client.close();
    const states = Object.fromEntries(input.hosts.map((name) => [name, hosts.get(name)?.state ?? ""]));
    context.progress(`hosts: ${input.hosts.map((name) => `${name} ${states[name]}`).join(", ")}`);
    return { hosts: states };
  },
});

async function retryFailedHosts(
  context: Context,
  client: KubeClient,
  namespace: string,
  names: readonly string[],
): Promise<void> {
  for (const host of await client.list(types.bareMetalHost, namespace)) {
    if (names.includes(host.metadata.name) && viewHost(host).errorMessage !== undefined) {
      context.progress(
        `${hostLine(viewHost(host), host.metadata.name)}: asking the operator to try again now`,
      );
      await retryNow(client, host);
    }
  }
}
