import { readHosts } from "../hosts/hostFailure";
import { hostLine, type HostView } from "../hosts/hostState";
import { refOf } from "../inventory/graph";
import { clusterEvidence, machineLine, ofCluster } from "../machines/evidence";
import type { Context } from "../shared/context";
import type { KubeClient } from "../shared/kube/client";
import { types } from "../shared/kube/types";
import { waitFor } from "../shared/waitFor";

/** The cluster whose machines are released. */
export interface ReleaseScope {
  readonly namespace: string;
  readonly clusterName: string;
}

/** Keeps what is seen of hosts. */
export type HostNote = (hosts: ReadonlyMap<string, HostView>) => Promise<unknown>;

/**
 * Deletes the Cluster, which deprovisions the hosts in use, and then the hosts, which cleans and switches them off. Run again,
 * it goes on from what is left.
 *
 * @param note Told what is seen of the hosts, as long as they are registered.
 */
export async function releaseHosts(
  context: Context,
  client: KubeClient,
  scope: ReleaseScope,
  note: HostNote,
): Promise<void> {
  await note(await readHosts(client, scope.namespace));
  await deleteCluster(context, client, scope);
  await deleteHosts(context, client, scope.namespace, note);
}

/** Deletes the Cluster and waits until its machines are gone, which is when their hosts are deprovisioned. */
async function deleteCluster(
  context: Context,
  client: KubeClient,
  { namespace, clusterName }: ReleaseScope,
): Promise<void> {
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
  note: HostNote,
): Promise<void> {
  const names = [...(await readHosts(client, namespace)).keys()];
  for (const name of names) {
    await client.delete({ ...types.bareMetalHost, namespace, name });
  }
  await waitFor(context, {
    what: `hosts ${names.join(", ") || "(none)"} to be powered off and released`,
    intervalSeconds: 1,
    poll: async () => {
      const hosts = await readHosts(client, namespace);
      await note(hosts);
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
}
