import { readHosts } from "../hosts/hostFailure";
import { hostLine, type HostView } from "../hosts/hostState";
import { retireInput, type RetireInput, type RetireResult } from "../inputs/retire";
import { refOf } from "../inventory/graph";
import { clusterEvidence, machineLine, ofCluster } from "../machines/evidence";
import { readPlan } from "../pivot/journal";
import { answersSoon } from "../pivot/survey";
import { type Context, secret } from "../shared/context";
import { LifecycleFailure } from "../shared/failure";
import { KubeClient } from "../shared/kube/client";
import { types } from "../shared/kube/types";
import { readPivotMarker } from "../shared/managementKubeconfig";
import { defineVerb } from "../shared/verb";
import { waitFor } from "../shared/waitFor";

/** `retire`: releases the machines of a cluster that has not been moved: deprovisioned, powered off, no longer registered. */
export const verb = defineVerb({
  input: retireInput,
  secrets: ["SOURCE_KUBECONFIG"],
  async run(input, context): Promise<RetireResult> {
    await requireNotMoved(input);
    const client = KubeClient.fromKubeconfig(
      "bootstrap",
      secret(context, "SOURCE_KUBECONFIG"),
      context.signal,
    );
    if (!(await answersSoon(context, client, 60))) {
      throw new LifecycleFailure("the bootstrap cluster does not answer, so its hosts cannot be released", {
        remedy:
          "bring it back (`docker start` its container) and run `pulumi destroy` again; or see to it by hand that the hosts are off, and remove this resource from the state",
      });
    }
    await deleteCluster(context, client, input);
    const hosts = await deleteHosts(context, client, input.namespace);
    await client.close();
    return {
      hosts: Object.fromEntries(
        [...hosts].map(([name, { state, poweredOn }]) => [name, { state, poweredOn }]),
      ),
    };
  },
});

/** A cluster that manages itself cannot be deleted from the bootstrap, and must not be deleted from itself. */
async function requireNotMoved(input: RetireInput): Promise<void> {
  if (await readPivotMarker(input.stack)) {
    throw new LifecycleFailure(
      `${input.clusterName} manages itself: its hosts can only be released after its objects are moved back to a bootstrap cluster, which this program does not do yet`,
      {
        remedy:
          "create a management cluster with Ironic at the same endpoint address and the same providers, move the objects there with `clusterctl move`, and delete the Cluster there",
      },
    );
  }
  if (await readPlan(input.stack, input.clusterName)) {
    throw new LifecycleFailure(`a move of ${input.clusterName} was begun and is not over`, {
      remedy:
        "run `pulumi up`, which goes on with it; deleting now could wipe hosts that the target owns already",
    });
  }
}

/** Deletes the Cluster and waits until its machines are gone, which is when their hosts are deprovisioned. */
async function deleteCluster(context: Context, client: KubeClient, input: RetireInput): Promise<void> {
  const { namespace, clusterName } = input;
  const cluster = await client.find({ ...types.cluster, namespace, name: clusterName });
  if (!cluster) {
    context.progress(`there is no Cluster ${namespace}/${clusterName}`);
    return;
  }
  context.progress(`deleting Cluster ${namespace}/${clusterName}`);
  await client.delete(refOf(cluster));
  await waitFor(context, {
    what: `Cluster ${namespace}/${clusterName} to be deleted`,
    intervalSeconds: 2,
    poll: async () => {
      if (!(await client.find(refOf(cluster)))) {
        return { done: true, value: undefined };
      }
      const [machines, hosts] = await Promise.all([
        ofCluster(client, types.machine, namespace, clusterName),
        readHosts(client, namespace),
      ]);
      const parts = [...machines.map(machineLine), ...[...hosts].map(([name, host]) => hostLine(host, name))];
      return { done: false, state: parts.join(" | ") || "the last objects go" };
    },
    evidence: () => clusterEvidence(client, namespace, clusterName),
    remedy: "a machine that stays waits for its host to be deprovisioned, which needs Ironic and the BMC",
  });
}

/** Deletes the hosts; the operator cleans and powers off each before its object goes. */
async function deleteHosts(
  context: Context,
  client: KubeClient,
  namespace: string,
): Promise<ReadonlyMap<string, HostView>> {
  const lastSeen = new Map(await readHosts(client, namespace));
  for (const name of lastSeen.keys()) {
    await client.delete({ ...types.bareMetalHost, namespace, name });
  }
  await waitFor(context, {
    what: `hosts ${[...lastSeen.keys()].join(", ") || "(none)"} to be powered off and released`,
    intervalSeconds: 1,
    poll: async () => {
      const hosts = await readHosts(client, namespace);
      hosts.forEach((host, name) => lastSeen.set(name, host));
      return hosts.size === 0
        ? { done: true, value: undefined }
        : {
            done: false,
            state: [...hosts]
              .map(([name, host]) => `${hostLine(host, name)}, powered ${host.poweredOn ? "on" : "off"}`)
              .join(" | "),
          };
    },
    evidence: async () =>
      [...(await readHosts(client, namespace))].map(([name, host]) => hostLine(host, name)),
    remedy: "a host that stays cannot be reached by Ironic: mend its BMC, and run `pulumi destroy` again",
  });
  for (const [name, host] of lastSeen) {
    context.progress(`${name}: last seen ${host.state}, powered ${host.poweredOn ? "on" : "off"}; released`);
  }
  return lastSeen;
}
