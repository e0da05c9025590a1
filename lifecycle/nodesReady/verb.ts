import { ErrorWatch } from "../hosts/errorWatch";
import { hangingHosts, hostFailure } from "../hosts/hostFailure";
import { firstFew, hostLine } from "../hosts/hostState";
import { noteGivingUp, recoverHosts } from "../hosts/recovery";
import { nodesReadyInput, type NodesReadyResult } from "../inputs/nodesReady";
import { clusterEvidence } from "../machines/evidence";
import { MachineWaker } from "../machines/machineWaker";
import { hostsThatCount, hostsWithoutNode, withinPools } from "../machines/outdated";
import { readClusterMachines } from "../machines/read";
import { secret } from "../shared/context";
import { KubeClient } from "../shared/kube/client";
import { troubledConditions } from "../shared/kube/objects";
import { types } from "../shared/kube/types";
import { defineVerb } from "../shared/verb";
import { waitFor } from "../shared/waitFor";
import { assessDeployment, assessNodes } from "./readiness";

/** `nodes-ready`: waits until every Machine is Running and its node Ready, or until every host of one is written. */
export const verb = defineVerb({
  input: nodesReadyInput,
  secrets: ["TARGET_KUBECONFIG"],
  async run(input, context): Promise<NodesReadyResult> {
    const { namespace, clusterName } = input;
    const pools = input.pools?.map(({ deployment }) => deployment);
    const client = await KubeClient.fromFile("the management cluster", input.kubeconfigPath, context.signal);
    const target = KubeClient.fromKubeconfig("target", secret(context, "TARGET_KUBECONFIG"), context.signal);
    const watch = new ErrorWatch(input.patience);
    const waker = new MachineWaker(client, namespace);
    await recoverHosts(context, client, namespace, ({ consumer }) => consumer !== undefined);

    const nodes = await waitFor(context, {
      what: `${input.controlPlaneReplicas} control plane and ${input.workerReplicas} worker ${input.until === "ready" ? "nodes" : "hosts"} of ${clusterName}`,
      limitSeconds: input.limitSeconds,
      poll: async () => {
        const [all, nodes] = await Promise.all([
          readClusterMachines(client, namespace, clusterName),
          input.until === "ready" ? target.list(types.node) : [],
        ]);
        const found = pools ? withinPools(all, pools) : all;
        await Promise.all([
          waker.tellOfHosts(found.hosts),
          waker.tellOfNodes(nodes, all.machines),
          waker.askForHosts(found.hosts),
        ]);
        for (const host of hostsThatCount(found)) {
          if (watch.observe(host, Date.now())) {
            throw await hostFailure(context, client, namespace, host);
          }
        }
        const { nodes: up, missing } =
          input.until === "ready"
            ? assessNodes(found, nodes, input)
            : assessDeployment(found.machines, found.hosts, input);
        if (missing.length === 0) {
          return { done: true, value: up };
        }
        const busy = found.hosts
          .filter(({ consumer, state }) => consumer !== undefined && state !== "provisioned")
          .map((host) => hostLine(host, host.name));
        return { done: false, state: [...firstFew(missing), ...firstFew(busy)].join(" | ") };
      },
      diagnose: async (waited) => {
        const hosts = hostsWithoutNode(await readClusterMachines(client, namespace, clusterName));
        if (hosts.length === 0) {
          return undefined;
        }
        await noteGivingUp(client, namespace, hosts);
        return hangingHosts(context, client, namespace, hosts, "not every machine became a node", waited);
      },
      evidence: async () => [
        ...(await clusterEvidence(client, namespace, clusterName)),
        ...(await target.list(types.node)).flatMap(troubledConditions),
      ],
      remedy:
        "a node that is not Ready usually lacks the CNI (look at its pods on the target); a machine without a node has not joined: look at its host's console",
    });
    await Promise.all([client.close(), target.close()]);
    context.progress(`${input.until}: ${Object.keys(nodes).sort().join(", ")}`);
    return { nodes };
  },
});
