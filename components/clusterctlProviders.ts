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
 * Steps 3 and 7: `clusterctl init` of cert-manager, the core, kubeadm and Metal3 providers, and their upgrade when other versions
 * are asked for. Resolves when every manager is available and its webhooks answer.
 */
export class ClusterctlProviders extends pulumi.ComponentResource {
  /** Done when cert-manager issues certificates and the namespace is there, long before the providers run. */
  readonly prerequisites: pulumi.Resource;
  readonly timing: pulumi.Output<LifecycleTiming>;

  constructor(name: string, args: ClusterctlProvidersArgs, opts?: pulumi.ComponentResourceOptions) {
    super("metal3:index:ClusterctlProviders", name, {}, opts);
    const { namespace, timeouts } = args.config;
    // The Bare Metal Operator's version and image are no concern of clusterctl: their change must not run it again.
    const { clusterApi, metal3, ipam, certManager, repository, images } = args.config.providers;
    const managerImages = {
      clusterApi: images.clusterApi,
      kubeadmBootstrap: images.kubeadmBootstrap,
      kubeadmControlPlane: images.kubeadmControlPlane,
      metal3: images.metal3,
      ipam: images.ipam,
    };
    const common = {
      secrets: { KUBECONFIG_CONTENT: args.cluster.kubeconfig },
      timeoutSeconds: timeouts.providers,
      onlyOnce: args.cluster.temporary,
    };
    const cluster = args.cluster.name;
    const prerequisites = new LifecycleCommand(
      `${name}-prerequisites`,
      {
        ...common,
        verb: "providers-prerequisites",
        input: { cluster, namespace, versions: { certManager, repository } },
      },
      { parent: this },
    );
    const init = new LifecycleCommand(
      `${name}-init`,
      {
        ...common,
        verb: "providers-init",
        input: {
          stack: args.stack,
          cluster,
          namespace,
          versions: { clusterApi, metal3, ipam, certManager, repository },
          images: managerImages,
        },
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
