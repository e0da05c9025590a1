import { ironicReadyInput, type IronicReadyResult } from "../inputs/ironicReady";
import { secret } from "../shared/context";
import { LifecycleFailure } from "../shared/failure";
import { askIronic, credentialsFrom } from "../shared/ironicApi";
import { KubeClient } from "../shared/kube/client";
import { podEvidence, unreadyPods } from "../shared/kube/evidence";
import { types } from "../shared/kube/types";
import { defineVerb } from "../shared/verb";
import { waitFor } from "../shared/waitFor";

/** `ironic-ready`: waits until Ironic answers on its endpoint address, with credentials and not without. */
export const verb = defineVerb({
  input: ironicReadyInput,
  secrets: ["IRONIC_CREDENTIALS", "KUBECONFIG_CONTENT"],
  async run(input, context): Promise<IronicReadyResult> {
    const credentials = credentialsFrom(context);
    const client = KubeClient.fromKubeconfig(
      "Ironic's cluster",
      secret(context, "KUBECONFIG_CONTENT"),
      context.signal,
    );
    const endpoint = input.endpoint.replace(/\/+$/, "");
    const selector = { labelSelector: input.podSelector };

    const nodes = await waitFor(context, {
      what: `Ironic at ${endpoint}`,
      limitSeconds: input.limitSeconds,
      poll: async () => {
        const answer = await askIronic(endpoint, credentials, context.signal);
        switch (answer.kind) {
          case "answers":
            return { done: true, value: answer.nodes };
          case "open":
            throw new LifecycleFailure(`Ironic at ${endpoint} answers without credentials`, {
              remedy:
                "its pod must have IRONIC_HTPASSWD; anybody on the provisioning network can wipe hosts now",
            });
          case "refuses":
            return { done: false, state: `answers HTTP ${answer.status} to the stack's credentials` };
          case "unreachable": {
            const pods = await client.list(types.pod, input.namespace, selector);
            return {
              done: false,
              state: unreadyPods(pods).join("; ") || `pods are ready, but ${answer.why}`,
            };
          }
        }
      },
      evidence: () => podEvidence(client, input.namespace, { ...selector, logLines: 12, logsOfReady: true }),
      remedy: `look at namespace ${input.namespace} of the cluster; the endpoint address must be free on the provisioning network, and HTTP 401 or 403 means other credentials than the stack's`,
    });
    await client.close();
    context.progress(`Ironic answers at ${endpoint} with ${nodes} nodes, and refuses without credentials`);
    return { endpoint, nodes };
  },
});
