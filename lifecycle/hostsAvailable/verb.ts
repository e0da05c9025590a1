import { ErrorWatch } from "../hosts/errorWatch";
import { hangingHosts, hostFailure, readHosts } from "../hosts/hostFailure";
import { hostLines, hostNames, type HostView, isUsable, unseenHost } from "../hosts/hostState";
import { noteGivingUp, recoverHosts } from "../hosts/recovery";
import { hostsAvailableInput, type HostsAvailableResult } from "../inputs/hostsAvailable";
import { MachineWaker } from "../machines/machineWaker";
import { KubeClient } from "../shared/kube/client";
import { defineVerb } from "../shared/verb";
import { waitFor } from "../shared/waitFor";

/** `hosts-available`: waits until every host is inspected and clean, or already in use; names those that fail. */
export const verb = defineVerb({
  input: hostsAvailableInput,
  async run(input, context): Promise<HostsAvailableResult> {
    const { namespace, hosts: names } = input;
    const client = await KubeClient.fromFile("the management cluster", input.kubeconfigPath, context.signal);
    const watch = new ErrorWatch(input.patience);
    const waker = new MachineWaker(client, namespace);
    let pending: readonly HostView[] = [];
    await recoverHosts(context, client, namespace, ({ name }) => names.includes(name));
    const hosts = await waitFor(context, {
      what: `${hostNames(names)} to be available`,
      limitSeconds: input.limitSeconds,
      poll: async () => {
        const views = await readHosts(client, namespace);
        const wanted = names.map((name) => views.get(name) ?? unseenHost(name));
        pending = wanted.filter((host) => !isUsable(host));
        for (const host of wanted) {
          if (watch.observe(host, Date.now())) {
            throw await hostFailure(context, client, namespace, host);
          }
        }
        await waker.tellOfHosts(views.values());
        return pending.length === 0
          ? { done: true, value: views }
          : { done: false, state: hostLines(names, views) };
      },
      diagnose: async (waited) => {
        if (pending.length === 0) {
          return undefined;
        }
        await noteGivingUp(client, namespace, pending);
        return hangingHosts(context, client, namespace, pending, "not every host became available", waited);
      },
    });
    await client.close();
    const states = Object.fromEntries(names.map((name) => [name, hosts.get(name)?.state ?? ""]));
    context.progress(`hosts: ${names.map((name) => `${name} ${states[name]}`).join(", ")}`);
    return { hosts: states };
  },
});
