import * as pulumi from "@pulumi/pulumi";
import type { ProviderVersions } from "../config/clusterConfig";
import { LifecycleCommand, type LifecycleTiming } from "./lifecycleCommand";
import type { ManagementCluster } from "./managementCluster";

/** Arguments of {@link ClusterctlProviders}. */
export interface ClusterctlProvidersArgs {
  readonly cluster: ManagementCluster;
  readonly stack: string;
  /** Namespace that is created and that the controllers watch. */
  readonly namespace: string;
  readonly versions: ProviderVersions;
  readonly timeoutSeconds: number;
}

/**
 * Steps 3 and 7: `clusterctl init` of cert-manager, the core, kubeadm and Metal3 providers. Resolves when every manager is
 * available and its webhooks answer.
 */
export class ClusterctlProviders extends pulumi.ComponentResource {
  readonly timing: pulumi.Output<LifecycleTiming>;

  constructor(name: string, args: ClusterctlProvidersArgs, opts?: pulumi.ComponentResourceOptions) {
    super("metal3:index:ClusterctlProviders", name, {}, opts);
    const init = new LifecycleCommand(
      `${name}-init`,
      {
        verb: "providers-init",
        input: {
          stack: args.stack,
          cluster: args.cluster.name,
          namespace: args.namespace,
          versions: { ...args.versions },
        },
        secrets: { KUBECONFIG_CONTENT: args.cluster.kubeconfig },
        timeoutSeconds: args.timeoutSeconds,
      },
      { parent: this },
    );
    this.timing = init.timing;
    this.registerOutputs({});
  }
}
