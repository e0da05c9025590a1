import { ironicNames, ironicNamespace } from "../../manifests/ironicSettings";
import { pivotInput } from "../inputs/pivot";
import { isDeploymentReady } from "../providersInit/managers";
import { releaseHosts as releasePauses, unpauseSource } from "../pivot/prepare";
import type { Context } from "../shared/context";
import type { KubeClient } from "../shared/kube/client";
import { podEvidence, unreadyPods } from "../shared/kube/evidence";
import { count, describe, field, type ObjectRef } from "../shared/kube/objects";
import { types } from "../shared/kube/types";
import { waitFor } from "../shared/waitFor";

/** Deployment of the Ironic stack. */
export const ironicDeployment: ObjectRef = {
  ...types.deployment,
  namespace: ironicNamespace,
  name: ironicNames.deployment,
};

/** Deployment of the Bare Metal Operator, where the pivot looks for it too. */
const operatorDeployment: ObjectRef = {
  ...types.deployment,
  namespace: pivotInput.shape.operatorNamespace.parse(undefined),
  name: pivotInput.shape.operatorDeployment.parse(undefined),
};

/** Whether a Deployment was scaled to nothing. */
export async function isStopped(client: KubeClient, ref: ObjectRef): Promise<boolean> {
  const deployment = await client.find(ref);
  return deployment !== undefined && count(deployment, "spec", "replicas") === 0;
}

/**
 * Lets the cluster of the bring-up work again after a handover or a pivot that was prepared and not begun: unpaused, hosts
 * released, Ironic and the operator running. The endpoint must be silent.
 */
export async function resumeSource(
  context: Context,
  client: KubeClient,
  scope: { readonly namespace: string; readonly clusterName: string },
): Promise<void> {
  for (const ref of [ironicDeployment, operatorDeployment]) {
    if (await isStopped(client, ref)) {
      context.progress(`starting ${describe(ref)} on the ${client.name} again`);
      await client.patch(ref, "merge", { spec: { replicas: 1 } });
    }
    await waitUntilReady(context, client, ref);
  }
  const cluster = await client.find({
    ...types.cluster,
    namespace: scope.namespace,
    name: scope.clusterName,
  });
  if (cluster && field(cluster, "spec", "paused") === true) {
    await unpauseSource(context, client, cluster);
  }
  await releasePauses(client, scope.namespace);
}

async function waitUntilReady(context: Context, client: KubeClient, ref: ObjectRef): Promise<void> {
  await waitFor(context, {
    what: `${describe(ref)} on the ${client.name}`,
    limitSeconds: 300,
    poll: async () => {
      const deployment = await client.find(ref);
      if (!deployment || isDeploymentReady(deployment)) {
        return { done: true, value: undefined };
      }
      const pods = unreadyPods(await client.list(types.pod, ref.namespace));
      return { done: false, state: pods.join("; ") || "not available" };
    },
    evidence: () => podEvidence(client, ref.namespace ?? ""),
    remedy: "hosts cannot be deprovisioned without it; mend it and run `pulumi destroy` again",
  });
}
