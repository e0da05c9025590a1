import { ironicNamespace } from "../../manifests/ironicSettings";
import { operatorAnswersInput } from "../inputs/operatorAnswers";
import { hostWebhookProbe, probeWebhook } from "../providersInit/webhooks";
import { secret } from "../shared/context";
import { KubeClient } from "../shared/kube/client";
import { podEvidence } from "../shared/kube/evidence";
import { readPivotMarker } from "../shared/managementKubeconfig";
import { defineVerb } from "../shared/verb";
import { waitFor } from "../shared/waitFor";

/** Namespace of the probe, which every cluster has; nothing is kept of it. */
const probeNamespace = "default";

/**
 * `operator-answers`: waits until the API server reaches the Bare Metal Operator's webhook. A Deployment that is available and a
 * Service that has endpoints do not say that: kube-proxy takes up to a second more, and refuses connections until then.
 */
export const verb = defineVerb({
  input: operatorAnswersInput,
  secrets: ["KUBECONFIG_CONTENT"],
  async run(input, context): Promise<{ cluster: string }> {
    if ((await readPivotMarker(input.stack)) !== undefined) {
      context.progress(`the hosts have moved: nothing is registered on ${input.cluster} any more`);
      return { cluster: input.cluster };
    }
    const client = KubeClient.fromKubeconfig(
      input.cluster,
      secret(context, "KUBECONFIG_CONTENT"),
      context.signal,
    );
    await waitFor(context, {
      what: `the Bare Metal Operator's webhook on ${client.name}`,
      intervalSeconds: 0.25,
      poll: async () => {
        const state = await probeWebhook(client, hostWebhookProbe(probeNamespace));
        return state === undefined ? { done: true, value: undefined } : { done: false, state };
      },
      evidence: () => podEvidence(client, ironicNamespace),
      remedy: "look at the operator's pod, and at kube-proxy's on its node",
    });
    await client.close();
    return { cluster: client.name };
  },
});
