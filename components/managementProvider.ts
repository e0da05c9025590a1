import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { ClusterConfig } from "../config/clusterConfig";
import { LifecycleCommand } from "./lifecycleCommand";
import type { ManagementCluster } from "./managementCluster";
import { restoredAccess } from "./restoredAccess";

/** Arguments of {@link ManagementProvider}. */
export interface ManagementProviderArgs {
  /** Cluster that holds the objects until the pivot. */
  readonly initial: ManagementCluster;
  /** Stack whose state folder keeps the kubeconfig. */
  readonly stack: string;
  /** The target cluster's name makes the provider's constant identity. */
  readonly config: Pick<ClusterConfig, "clusterName">;
}

/**
 * The provider of the objects that move. Its kubeconfig is a file at a constant path that names the bootstrap first and is
 * replaced by the target's when the move is verified; its cluster identifier never changes. So the objects keep their
 * identity in state, and every later run finds them where they live.
 */
export class ManagementProvider extends pulumi.ComponentResource {
  readonly provider: k8s.Provider;
  /** Path of the kubeconfig file, relative to the project. */
  readonly path: pulumi.Output<string>;

  constructor(name: string, args: ManagementProviderArgs, opts?: pulumi.ComponentResourceOptions) {
    super("metal3:index:ManagementProvider", name, {}, opts);

    const kubeconfig = new LifecycleCommand<{ path: string }>(
      `${name}-kubeconfig`,
      {
        verb: "management-kubeconfig",
        input: { stack: args.stack },
        secrets: { KUBECONFIG_CONTENT: args.initial.kubeconfig },
        timeoutSeconds: 60,
      },
      { parent: this },
    );
    this.path = pulumi.unsecret(
      pulumi
        .all([kubeconfig.result, restoredAccess(args.stack, args.config.clusterName)])
        .apply(([{ path }]) => path),
    );
    this.provider = new k8s.Provider(
      `${name}-provider`,
      {
        kubeconfig: this.path,
        clusterIdentifier: args.config.clusterName,
        enableConfigMapMutable: true,
        enableSecretMutable: true,
        enablePatchForce: true,
        upsertExistingObjects: true,
      },
      { parent: this },
    );
    this.registerOutputs({ path: this.path });
  }
}
