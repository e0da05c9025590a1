import { setTimeout as delay } from "node:timers/promises";
import type { ClusterMachines } from "../machines/outdated";
import { readClusterMachines } from "../machines/read";
import { errorText } from "../shared/failure";
import { KubeClient } from "../shared/kube/client";
import type { KubeObject } from "../shared/kube/objects";
import { types } from "../shared/kube/types";
import { readManagementKubeconfig } from "../shared/managementKubeconfig";

/** What a change meets. */
export interface RunningCluster extends ClusterMachines {
  /** Every Cluster object, of whatever name and namespace. */
  readonly clusters: readonly KubeObject[];
  /** clusterctl's inventory. */
  readonly providers: readonly KubeObject[];
}

/** Seconds for one try. */
const trySeconds = 10;

/**
 * Reads what there is of the stack's cluster, wherever its objects are.
 *
 * @param patienceSeconds How long an API server that does not answer is asked again.
 * @returns Nothing when the stack has no cluster yet.
 */
export async function readRunningCluster(
  stack: string,
  { namespace, clusterName }: { readonly namespace: string; readonly clusterName: string },
  patienceSeconds: number,
): Promise<RunningCluster | { readonly unreachable: string } | undefined> {
  const kubeconfig = await readManagementKubeconfig(stack);
  if (kubeconfig === undefined) return undefined;
  const until = Date.now() + patienceSeconds * 1000;
  for (;;) {
    const client = KubeClient.fromKubeconfig(
      "the running cluster",
      kubeconfig,
      AbortSignal.timeout(trySeconds * 1000),
    );
    try {
      const [clusters, providers] = await Promise.all([
        client.list(types.cluster),
        client.list(types.provider),
      ]);
      const own = clusters.find(({ metadata }) => metadata.name === clusterName) ?? clusters[0];
      if (own === undefined) return undefined;
      const machines = await readClusterMachines(
        client,
        own.metadata.namespace ?? namespace,
        own.metadata.name,
      );
      return { clusters, providers, ...machines };
    } catch (error) {
      if (Date.now() >= until) return { unreachable: errorText(error) };
      await delay(1000);
    } finally {
      await client.close();
    }
  }
}
