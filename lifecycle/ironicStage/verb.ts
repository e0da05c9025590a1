import { ironicStageInput, type IronicStageResult } from "../inputs/ironicStage";
import { secret } from "../shared/context";
import { KubeClient } from "../shared/kube/client";
import { count } from "../shared/kube/objects";
import { types } from "../shared/kube/types";
import { readPivotMarker } from "../shared/managementKubeconfig";
import { defineVerb } from "../shared/verb";
import { ensureDeployment } from "./deployment";
import { ensureImages } from "./images";
import { findStrangers } from "./wire";

/**
 * `ironic-stage`: does everything for a cluster's Ironic that can be done while another's still works: lays its Deployment
 * down with no pod, pulls its images, and looks for third parties on the wire. Starts nothing.
 */
export const verb = defineVerb({
  input: ironicStageInput,
  secrets: ["KUBECONFIG_CONTENT", "SOURCE_KUBECONFIG"],
  async run(input, context): Promise<IronicStageResult> {
    const client = KubeClient.fromKubeconfig("target", secret(context, "KUBECONFIG_CONTENT"), context.signal);
    const source = KubeClient.fromKubeconfig("source", secret(context, "SOURCE_KUBECONFIG"), context.signal);
    const ref = { ...types.deployment, namespace: input.namespace, name: input.deployment };
    try {
      await ensureDeployment(context, client, ref, input.podLabels, input.images[0] ?? "");
      const running = (count(await client.find(ref), "spec", "replicas") ?? 0) > 0;
      const over = running || (await readPivotMarker(input.stack)) !== undefined;
      const [nodes] = await Promise.all([
        ensureImages(context, client, input),
        over || !(await source.isReady()) ? undefined : findStrangers(context, input, [source, client]),
      ]);
      return { nodes };
    } finally {
      await Promise.all([client.close(), source.close()]);
    }
  },
});
