import type { Context } from "../shared/context";
import type { KubeClient } from "../shared/kube/client";
import { podEvidence, unreadyPods } from "../shared/kube/evidence";
import { count, describe, field, type KubeObject, type ObjectRef } from "../shared/kube/objects";
import { types } from "../shared/kube/types";
import { waitFor } from "../shared/waitFor";

/** A Deployment's pods, by its own selector. */
export async function podsOf(client: KubeClient, deployment: KubeObject): Promise<KubeObject[]> {
  return client.list(types.pod, deployment.metadata.namespace, { labelSelector: selectorOf(deployment) });
}

/** The label selector by which a Deployment finds its pods. */
export function selectorOf(deployment: KubeObject): string {
  const labels = (field(deployment, "spec", "selector", "matchLabels") ?? {}) as Record<string, string>;
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
}

/**
 * Scales a Deployment to 0, keeping the object, and waits until its pods are gone, which is more than not ready: a pod that
 * is on its way out still works. Absent is as good as stopped.
 *
 * @returns Whether it ran before.
 */
export async function stopDeployment(context: Context, client: KubeClient, ref: ObjectRef): Promise<boolean> {
  const deployment = await client.find(ref);
  if (!deployment) {
    return false;
  }
  const running = (count(deployment, "spec", "replicas") ?? 1) > 0;
  if (running) {
    context.progress(`stopping ${describe(ref)} on the ${client.name}`);
    await client.patch(ref, "merge", { spec: { replicas: 0 } });
  }
  await waitFor(context, {
    what: `the pods of ${describe(ref)} on the ${client.name} to be gone`,
    intervalSeconds: 0.5,
    poll: async () => {
      const pods = await podsOf(client, deployment);
      return pods.length === 0
        ? { done: true, value: undefined }
        : { done: false, state: `${pods.length} left: ${unreadyPods(pods).join("; ") || "still ready"}` };
    },
    evidence: () => podEvidence(client, ref.namespace ?? "", { labelSelector: selectorOf(deployment) }),
    remedy: "a pod that does not go hangs on a node that does not answer; look at it, or delete it by force",
  });
  return running;
}

/**
 * Stops the Bare Metal Operator of the source and removes its webhook.
 *
 * clusterctl replaces the annotations of a host just before it deletes it. A live operator then sees a host that is being
 * deleted and no longer paused, and begins to deprovision it. Without the operator its webhook must go too, or every write
 * to a host fails.
 */
export async function stopSourceOperator(
  context: Context,
  source: KubeClient,
  deployment: ObjectRef,
): Promise<void> {
  await stopDeployment(context, source, deployment);
  for (const configuration of await source.list(types.validatingWebhookConfiguration)) {
    const webhooks = (field(configuration, "webhooks") ?? []) as unknown[];
    if (
      webhooks.some((hook) => field(hook, "clientConfig", "service", "namespace") === deployment.namespace)
    ) {
      context.progress(`removing ${describe(configuration)} from the source`);
      await source.delete({ ...types.validatingWebhookConfiguration, name: configuration.metadata.name });
    }
  }
}
