import * as kind from "@pulumi/kind";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { ClusterConfig } from "../config/clusterConfig";
import { kindClusterInputs } from "../manifests/kindCluster";
import type { LifecycleTiming } from "./lifecycleCommand";
import type { ManagementCluster } from "./managementCluster";

/** Arguments of {@link BootstrapCluster}. */
export interface BootstrapClusterArgs {
  readonly config: Pick<ClusterConfig, "bootstrap" | "registryMirrors" | "network" | "timeouts">;
}

/**
 * Step 1: the temporary management cluster, a kind cluster on the provisioning network.
 *
 * It is gone once the pivot is verified, and state goes on without it: the cluster is declared temporary (its absence is
 * no drift), and its provider neither updates nor complains when the API server no longer answers.
 */
export class BootstrapCluster extends pulumi.ComponentResource implements ManagementCluster {
  readonly name = "bootstrap";
  readonly temporary = true;
  readonly kubeconfig: pulumi.Output<string>;
  readonly provider: k8s.Provider;
  readonly provisioningInterface: string;
  readonly timing: pulumi.Output<LifecycleTiming>;

  constructor(name: string, args: BootstrapClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("metal3:index:BootstrapCluster", name, {}, opts);
    const { bootstrap, registryMirrors, network, timeouts } = args.config;

    const cluster = new kind.Cluster(
      `${name}-kind`,
      { ...kindClusterInputs({ ...bootstrap, registryMirrors }), waitForReady: timeouts.bootstrapCluster },
      { parent: this },
    );

    this.kubeconfig = pulumi.secret(cluster.kubeconfig);
    this.provisioningInterface = network.bootstrapInterface;
    this.timing = pulumi
      .all([cluster.startedAt, cluster.readyAt])
      .apply(([startedAt, finishedAt]) => ({ startedAt, finishedAt }));
    this.provider = new k8s.Provider(
      `${name}-provider`,
      {
        kubeconfig: this.kubeconfig,
        clusterIdentifier: bootstrap.name,
        skipUpdateUnreachable: true,
        enableConfigMapMutable: true,
        enableSecretMutable: true,
        enablePatchForce: true,
        upsertExistingObjects: true,
      },
      { parent: this },
    );
    this.registerOutputs({ kubeconfig: this.kubeconfig });
  }
}
