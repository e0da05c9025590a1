import type { Context } from "../shared/context";
import type { KubeClient } from "../shared/kube/client";
import { describe, type KubeObject, type ObjectRef } from "../shared/kube/objects";

/** The least Deployment that is accepted, with no pod; everything else of it is declared later. Pure. */
export function emptyDeployment(
  ref: ObjectRef,
  podLabels: Readonly<Record<string, string>>,
  image: string,
): KubeObject {
  return {
    apiVersion: ref.apiVersion,
    kind: ref.kind,
    metadata: { name: ref.name, namespace: ref.namespace, labels: podLabels },
    spec: {
      replicas: 0,
      strategy: { type: "Recreate" },
      selector: { matchLabels: podLabels },
      template: { metadata: { labels: podLabels }, spec: { containers: [{ name: "ironic", image }] } },
    },
  };
}

/**
 * Makes the Deployment of Ironic with no pod, before it is declared. Its number of pods is declared by nobody: the programs
 * that hand Ironic over are its only owner, so that no later change of the Deployment starts a second Ironic.
 *
 * @returns Whether it was made; one that is there is left as it is.
 */
export async function ensureDeployment(
  context: Context,
  client: KubeClient,
  ref: ObjectRef,
  podLabels: Readonly<Record<string, string>>,
  image: string,
): Promise<boolean> {
  if (await client.find(ref)) {
    return false;
  }
  await client.patch(ref, "apply", emptyDeployment(ref, podLabels, image));
  context.progress(`laid ${describe(ref)} down on the ${client.name}, with no pod`);
  return true;
}
