import { certManagerInput, type CertManagerResult } from "../inputs/providersInit";
import { secret } from "../shared/context";
import { KubeClient } from "../shared/kube/client";
import { defineVerb } from "../shared/verb";
import { ensureCertManager } from "./certManager";

/** `cert-manager`: the part of `providers-init` that others wait for too, so that they need not wait for the rest. */
export const verb = defineVerb({
  input: certManagerInput,
  secrets: ["KUBECONFIG_CONTENT"],
  async run(input, context): Promise<CertManagerResult> {
    const client = KubeClient.fromKubeconfig(
      input.cluster,
      secret(context, "KUBECONFIG_CONTENT"),
      context.signal,
    );
    const installed = await ensureCertManager(context, client, {
      version: input.versions.certManager,
      repository: input.versions.repository,
      limitSeconds: input.limitSeconds,
    });
    await client.close();
    return { installed };
  },
});
