import { servicesReadyInput } from "../inputs/servicesReady";
import { secret } from "../shared/context";
import { KubeClient } from "../shared/kube/client";
import { podEvidence } from "../shared/kube/evidence";
import { lackForServices } from "../shared/kube/services";
import { defineVerb } from "../shared/verb";
import { waitFor } from "../shared/waitFor";

/**
 * `services-ready`: waits until pods can reach Services. A CNI's daemon that is started before hangs until its first attempt is
 * given up, half a minute later.
 */
export const verb = defineVerb({
  input: servicesReadyInput,
  secrets: ["KUBECONFIG_CONTENT"],
  async run(input, context): Promise<{ cluster: string }> {
    const client = KubeClient.fromKubeconfig(
      input.cluster,
      secret(context, "KUBECONFIG_CONTENT"),
      context.signal,
    );
    await waitFor(context, {
      what: `Services to be reachable on ${client.name}`,
      limitSeconds: input.limitSeconds,
      intervalSeconds: 0.25,
      poll: async () => {
        const lack = await lackForServices(client, Date.now());
        return lack === undefined ? { done: true, value: undefined } : { done: false, state: lack };
      },
      evidence: () => podEvidence(client, "kube-system"),
      remedy:
        "kubeadm installs kube-proxy at the end of its work: look at the first control plane host's console",
    });
    await client.close();
    return { cluster: client.name };
  },
});
