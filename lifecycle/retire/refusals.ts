import { kindClusters } from "../bootstrapTeardown/kindCluster";
import { readInventory } from "../inventory/read";
import type { WhereaboutsSettings } from "../inputs/retire";
import type { Context } from "../shared/context";
import { LifecycleFailure } from "../shared/failure";
import type { KubeClient } from "../shared/kube/client";
import { types } from "../shared/kube/types";
import { requireComplete } from "./completeness";
import type { ReleaseScope } from "./releaseHosts";
import { withheld } from "./withheld";

/** Whether a cluster has neither the Cluster nor a host. */
export async function holdsNothing(
  client: KubeClient,
  { namespace, clusterName }: ReleaseScope,
): Promise<boolean> {
  const [cluster, hosts] = await Promise.all([
    client.find({ ...types.cluster, namespace, name: clusterName }),
    client.list(types.bareMetalHost, namespace),
  ]);
  return cluster === undefined && hosts.length === 0;
}

/** Refuses to release machines some of which would not be released. */
export async function requireReleasable(client: KubeClient, scope: ReleaseScope): Promise<void> {
  const { moving } = await readInventory(client, scope.namespace, scope.clusterName);
  const evidence = withheld(moving);
  if (evidence.length > 0) {
    throw new LifecycleFailure(
      `the machines of ${scope.clusterName} cannot be released: ${evidence.length} of their objects ${evidence.length === 1 ? "is" : "are"} paused or detached`,
      {
        evidence,
        remedy: `no machine was released; take these annotations away on the ${client.name}, and run \`pulumi destroy\` again`,
      },
    );
  }
}

/**
 * Refuses to move the objects of a cluster that manages itself back when its machines would not be released, or when the
 * bootstrap cluster that would have to make room may hold some of them.
 *
 * @returns Whether there is one to make room.
 */
export async function requireReturnable(
  context: Context,
  target: KubeClient,
  config: WhereaboutsSettings["config"],
): Promise<boolean> {
  await requireReleasable(target, config);
  const taken = (await kindClusters(context)).includes(config.bootstrap.name);
  if (taken) {
    await requireComplete(target, config);
  }
  return taken;
}
