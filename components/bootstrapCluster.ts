import { local } from "@pulumi/command";
import * as kind from "@pulumi/kind";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { ClusterConfig } from "../config/clusterConfig";
import { kindClusterInputs } from "../manifests/kindCluster";
import { ownerOf } from "../providers/kind/owner";
import { engineTimeout, lifecycleInvocation, type LifecycleTiming } from "./lifecycleCommand";
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

    const clusterName = `${name}-kind`;
    const cluster = new kind.Cluster(
      clusterName,
      { ...kindClusterInputs({ ...bootstrap, registryMirrors }), waitForReady: timeouts.bootstrapCluster },
      { parent: this, dependsOn: this.cleanUpAfter(name, clusterName, args) },
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

  /**
   * Made before the cluster and so deleted after it: removes what a run that was killed has left, and no state knows of.
   *
   * @param clusterName Pulumi name of the cluster, whose mark tells what is its own.
   */
  private cleanUpAfter(
    name: string,
    clusterName: string,
    { config: { bootstrap, timeouts } }: BootstrapClusterArgs,
  ): local.Command {
    // The bare text: an output of this component would make what is inside of it wait for itself.
    const own = new Promise<string>((resolve) => this.urn.apply(resolve));
    const urn = pulumi.createUrn(clusterName, "kind:index:Cluster", own);
    return new local.Command(
      `${name}-remains`,
      {
        create: "exec true",
        update: "exec true",
        delete: lifecycleInvocation("remains"),
        environment: {
          LIFECYCLE_INPUT: pulumi.jsonStringify({
            stack: pulumi.getStack(),
            kindName: bootstrap.name,
            kindOwner: urn.apply(ownerOf),
          }),
          LIFECYCLE_TIMEOUT_SECONDS: String(timeouts.teardown),
        },
        logging: local.Logging.Stderr,
      },
      { parent: this, customTimeouts: { delete: engineTimeout(timeouts.teardown) } },
    );
  }
}
