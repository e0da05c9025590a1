import { ErrorWatch } from "../hosts/errorWatch";
import { hangingHosts, hostFailure, readHosts } from "../hosts/hostFailure";
import { hostLine } from "../hosts/hostState";
import { noteGivingUp, recoverHosts } from "../hosts/recovery";
import { targetKubeconfigInput, type TargetKubeconfigResult } from "../inputs/targetKubeconfig";
import { clusterEvidence, machineLine, ofCluster } from "../machines/evidence";
import { MachineWaker } from "../machines/machineWaker";
import { hostsThatCount, hostsWithoutNode } from "../machines/outdated";
import { readClusterMachines, removeAbandonedMachines } from "../machines/read";
import type { Context } from "../shared/context";
import { LifecycleFailure } from "../shared/failure";
import { KubeClient } from "../shared/kube/client";
import { condition, field, isTrue, type KubeObject, secretValue } from "../shared/kube/objects";
import { types } from "../shared/kube/types";
import { defineVerb } from "../shared/verb";
import { waitFor } from "../shared/waitFor";

/** `target-kubeconfig`: waits until the target's control plane can be used, and returns its kubeconfig. */
export const verb = defineVerb({
  input: targetKubeconfigInput,
  async run(input, context): Promise<TargetKubeconfigResult> {
    const { namespace, clusterName } = input;
    const client = await KubeClient.fromFile("the management cluster", input.kubeconfigPath, context.signal);
    const watch = new ErrorWatch(input.patience);
    const waker = new MachineWaker(client, namespace);
    const givenUp = await recoverHosts(context, client, namespace, ({ consumer }) => consumer !== undefined);

    const kubeconfig = await waitFor(context, {
      what: `the control plane of ${namespace}/${clusterName} at ${input.endpoint}`,
      limitSeconds: input.limitSeconds,
      poll: async () => {
        const cluster = await client.find({ ...types.cluster, namespace, name: clusterName });
        if (!cluster) {
          return { done: false, state: "there is no Cluster object yet" };
        }
        const found = await readClusterMachines(client, namespace, clusterName);
        for (const host of hostsThatCount(found)) {
          if (watch.observe(host, Date.now())) {
            throw await hostFailure(context, client, namespace, host);
          }
        }
        await Promise.all([waker.tellOfHosts(found.hosts), waker.askForHosts(found.hosts)]);
        const booting = found.hosts.some(({ consumer, state }) => consumer && state === "provisioned");
        const content = booting ? await readKubeconfig(client, namespace, clusterName) : undefined;
        const access = content && (await probe(context, content, input.endpoint));
        if (content && access === "usable") {
          return { done: true, value: content };
        }
        if (!isInitialized(cluster)) {
          await removeAbandonedMachines(context, client, found, givenUp);
        }
        const state = await progressState(client, namespace, clusterName);
        return { done: false, state: access ? `${state} | ${access}` : state };
      },
      evidence: () => clusterEvidence(client, namespace, clusterName),
      diagnose: async (waited) => {
        const hosts = hostsWithoutNode(await readClusterMachines(client, namespace, clusterName));
        if (hosts.length === 0) {
          return undefined;
        }
        await noteGivingUp(client, namespace, hosts);
        const aim = `the control plane of ${namespace}/${clusterName} did not answer at ${input.endpoint}`;
        return hangingHosts(context, client, namespace, hosts, aim, waited);
      },
      remedy:
        "a host that is provisioned but joins no cluster tells why on its console: cloud-init, kubeadm and the API endpoint's keepalived write there",
    });
    await client.close();
    context.progress(`the control plane of ${clusterName} answers at ${input.endpoint}`);
    return { kubeconfig, endpoint: input.endpoint };
  },
});

function isInitialized(cluster: KubeObject): boolean {
  return (
    field(cluster, "status", "initialization", "controlPlaneInitialized") === true ||
    isTrue(cluster, "ControlPlaneInitialized")
  );
}

/**
 * Whether a control plane can be used, or what it lacks. Cluster API looks at a new one only every half minute; what this asks
 * for itself is known sooner.
 */
async function probe(context: Context, kubeconfig: string, endpoint: string): Promise<string> {
  const target = KubeClient.fromKubeconfig("target", kubeconfig, context.signal);
  try {
    requireEndpoint(target.server, endpoint);
    return (await target.isReady()) ? "usable" : `${target.server}/readyz does not answer "ok" yet`;
  } finally {
    await target.close();
  }
}

/** What goes on while the first control plane node comes up: machines, the hosts in use, and the Cluster's own word. */
async function progressState(client: KubeClient, namespace: string, clusterName: string): Promise<string> {
  const [cluster, machines, hosts] = await Promise.all([
    client.get({ ...types.cluster, namespace, name: clusterName }),
    ofCluster(client, types.machine, namespace, clusterName),
    readHosts(client, namespace),
  ]);
  const used = [...hosts.values()].filter(({ consumer }) => consumer !== undefined);
  const parts = [...machines.map(machineLine), ...used.map((host) => hostLine(host, host.name))];
  return (
    parts.join(" | ") ||
    `no machines yet: ${condition(cluster, "InfrastructureReady")?.message ?? "no reason given"}`
  );
}

async function readKubeconfig(
  client: KubeClient,
  namespace: string,
  clusterName: string,
): Promise<string | undefined> {
  const secret = await client.find({ ...types.secret, namespace, name: `${clusterName}-kubeconfig` });
  return secretValue(secret, "value");
}

/** A kubeconfig for another address would answer here and fail everybody who trusts the stack's output. */
function requireEndpoint(server: string, endpoint: string): void {
  if (new URL(server).host !== new URL(endpoint).host) {
    throw new LifecycleFailure(`the target's kubeconfig names ${server} instead of ${endpoint}`, {
      remedy: "controlPlane.endpoint cannot be changed after the cluster was created",
    });
  }
}
