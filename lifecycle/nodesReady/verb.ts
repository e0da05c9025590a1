import { hostFailure, readHosts } from "../hosts/hostFailure";
import { ErrorWatch, hostLine } from "../hosts/hostState";
import { nodesReadyInput, type NodesReadyResult } from "../inputs/nodesReady";
import { clusterEvidence, ofCluster } from "../machines/evidence";
import { secret } from "../shared/context";
import { KubeClient } from "../shared/kube/client";
import { troubledConditions } from "../shared/kube/objects";
import { types } from "../shared/kube/types";
import { defineVerb } from "../shared/verb";
import { waitFor } from "../shared/waitFor";
import { assessNodes } from "./readiness";

/** `nodes-ready`: waits until every Machine is Running and its node Ready. */
export const verb = defineVerb({
  input: nodesReadyInput,
  secrets: ["TARGET_KUBECONFIG"],
  async run(input, context): Promise<NodesReadyResult> {
    const { namespace, clusterName } = input;
    const client = await KubeClient.fromFile("the management cluster", input.kubeconfigPath, context.signal);
    const target = KubeClient.fromKubeconfig("target", secret(context, "TARGET_KUBECONFIG"), context.signal);
    const watch = new ErrorWatch(input.patience);

    const nodes = await waitFor(context, {
      what: `${input.controlPlaneReplicas} control plane and ${input.workerReplicas} worker nodes of ${clusterName}`,
      limitSeconds: input.limitSeconds,
      poll: async () => {
        const [machines, nodes, hosts] = await Promise.all([
          ofCluster(client, types.machine, namespace, clusterName),
          target.list(types.node),
          readHosts(client, namespace),
        ]);
        const used = [...hosts.values()].filter(({ consumer }) => consumer !== undefined);
        for (const host of used) {
          if (watch.observe(host, Date.now())) {
            throw await hostFailure(client, namespace, host);
          }
        }
        const { nodes: up, missing } = assessNodes(machines, nodes, input);
        if (missing.length === 0) {
          return { done: true, value: up };
        }
        const busy = used
          .filter(({ state }) => state !== "provisioned")
          .map((host) => hostLine(host, host.name));
        return { done: false, state: [...missing, ...busy].join(" | ") };
      },
      evidence: async () => [
        ...(await clusterEvidence(client, namespace, clusterName)),
        ...(await target.list(types.node)).flatMap(troubledConditions),
      ],
      remedy:
        "a node that is not Ready usually lacks the CNI (look at its pods on the target); a machine without a node has not joined: look at its host's console",
    });
    await Promise.all([client.close(), target.close()]);
    context.progress(`nodes Ready: ${Object.keys(nodes).sort().join(", ")}`);
    return { nodes };
  },
});
