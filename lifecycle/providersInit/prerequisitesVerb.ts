import { providersPrerequisitesInput, type ProvidersPrerequisitesResult } from "../inputs/providersInit";
import { secret } from "../shared/context";
import { alreadyExists, KubeClient } from "../shared/kube/client";
import { types } from "../shared/kube/types";
import { defineVerb } from "../shared/verb";
import { ensureCertManager } from "./certManager";

/**
 * `providers-prerequisites`: the namespace of the moved objects and cert-manager, which the Bare Metal Operator needs as much
 * as the providers do; so it need not wait for them.
 */
export const verb = defineVerb({
  input: providersPrerequisitesInput,
  secrets: ["KUBECONFIG_CONTENT"],
  async run(input, context): Promise<ProvidersPrerequisitesResult> {
    const client = KubeClient.fromKubeconfig(
      input.cluster,
      secret(context, "KUBECONFIG_CONTENT"),
      context.signal,
    );
    const [certManagerInstalled] = await Promise.all([
      ensureCertManager(context, client, {
        version: input.versions.certManager,
        repository: input.versions.repository,
        limitSeconds: input.limitSeconds,
      }),
      ensureNamespace(client, input.namespace),
    ]);
    await client.close();
    return { certManagerInstalled };
  },
});

async function ensureNamespace(client: KubeClient, name: string): Promise<void> {
  try {
    await client.create({ ...types.namespace, metadata: { name } });
  } catch (error) {
    if (!alreadyExists(error)) {
      throw error;
    }
  }
}
