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
  /** Done when cert-manager issues certificates and the namespace is there, long before the providers run. */
  readonly prerequisites: pulumi.Resource;
  readonly timing: pulumi.Output<LifecycleTiming>;

  constructor(name: string, args: ClusterctlProvidersArgs, opts?: pulumi.ComponentResourceOptions) {
    super("metal3:index:ClusterctlProviders", name, {}, opts);
    const secrets = { KUBECONFIG_CONTENT: args.cluster.kubeconfig };
    const input = {
      cluster: args.cluster.name,
      namespace: args.namespace,
      versions: { ...args.versions },
    };
    const prerequisites = new LifecycleCommand(
      `${name}-prerequisites`,
      { verb: "providers-prerequisites", input, secrets, timeoutSeconds: args.timeoutSeconds },
      { parent: this },
    );
    const init = new LifecycleCommand(
      `${name}-init`,
      {
        verb: "providers-init",
        input: { ...input, stack: args.stack },
        secrets,
        timeoutSeconds: args.timeoutSeconds,
      },
      { parent: this, dependsOn: prerequisites },
    );
    this.prerequisites = prerequisites;
    this.timing = pulumi
      .all([prerequisites.timing, init.timing])
      .apply(([{ startedAt }, { finishedAt }]) => ({ startedAt, finishedAt }));
    this.registerOutputs({});
  }
}
