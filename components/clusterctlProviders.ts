import * as pulumi from "@pulumi/pulumi";
import type { ClusterConfig } from "../config/clusterConfig";
import { LifecycleCommand, type LifecycleTiming } from "./lifecycleCommand";
import type { ManagementCluster } from "./managementCluster";

/** Arguments of {@link ClusterctlProviders}. */
export interface ClusterctlProvidersArgs {
  readonly cluster: ManagementCluster;
  readonly stack: string;
  /** Its namespace is created, and is the only one that the controllers watch. */
  readonly config: Pick<ClusterConfig, "namespace" | "providers" | "timeouts">;
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
    const { namespace, providers, timeouts } = args.config;
    const secrets = { KUBECONFIG_CONTENT: args.cluster.kubeconfig };
    const input = {
      cluster: args.cluster.name,
      namespace,
      versions: { ...providers },
    };
    const prerequisites = new LifecycleCommand(
      `${name}-prerequisites`,
      { verb: "providers-prerequisites", input, secrets, timeoutSeconds: timeouts.providers },
      { parent: this },
    );
    const init = new LifecycleCommand(
      `${name}-init`,
      {
        verb: "providers-init",
        input: { ...input, stack: args.stack },
        secrets,
        timeoutSeconds: timeouts.providers,
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
