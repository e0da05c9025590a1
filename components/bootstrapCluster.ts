import * as kind from "@pulumi/kind";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { BootstrapConfig } from "../config/clusterConfig";
import type { LifecycleTiming } from "./lifecycleCommand";
import type { ManagementCluster } from "./managementCluster";

/** Arguments of {@link BootstrapCluster}. */
export interface BootstrapClusterArgs extends BootstrapConfig {
  /** Registry host to the base URL of its mirror, for the node's container runtime. */
  readonly registryMirrors: Readonly<Record<string, string>>;
  /** Interface of the provisioning network inside the kind node. */
  readonly provisioningInterface: string;
  /** Limit for the control plane to become ready, seconds. */
  readonly timeoutSeconds: number;
}

/**
 * Step 1: the temporary management cluster, a kind cluster on the provisioning network.
 *
 * It is gone once the pivot is verified, and state goes on without it: the cluster is declared temporary (its absence is
 * no drift), and its provider neither updates nor complains when the API server no longer answers.
 */
export class BootstrapCluster extends pulumi.ComponentResource implements ManagementCluster {
  readonly name = "bootstrap";
  readonly kubeconfig: pulumi.Output<string>;
  readonly provider: k8s.Provider;
  readonly provisioningInterface: string;
  readonly timing: pulumi.Output<LifecycleTiming>;

  constructor(name: string, args: BootstrapClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("metal3:index:BootstrapCluster", name, args, opts);

    const cluster = new kind.Cluster(
      `${name}-kind`,
      {
        name: args.name,
        nodeImage: args.nodeImage,
        network: args.network,
        networking: {
          podSubnet: args.podCIDR,
          serviceSubnet: args.serviceCIDR,
          disableDefaultCNI: true,
        },
        cniConfig: pointToPointCni(args.podCIDR),
        featureGates: { ...args.featureGates },
        containerdConfigPatches: [...args.containerdConfigPatches],
        registryMirrors: { ...args.registryMirrors },
        waitForReady: args.timeoutSeconds,
        temporary: true,
      },
      { parent: this },
    );

    this.kubeconfig = pulumi.secret(cluster.kubeconfig);
    this.provisioningInterface = args.provisioningInterface;
    this.timing = pulumi
      .all([cluster.startedAt, cluster.readyAt])
      .apply(([startedAt, finishedAt]) => ({ startedAt, finishedAt }));
    this.provider = new k8s.Provider(
      `${name}-provider`,
      {
        kubeconfig: this.kubeconfig,
        clusterIdentifier: `${args.name}`,
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

/**
 * One node needs no routes between nodes, so a point-to-point conflist spares the bootstrap a CNI. Masquerading lets the
 * controllers reach the BMCs, the Ironic endpoint and the target, which know no way back to pod addresses.
 */
function pointToPointCni(podCIDR: string): string {
  return JSON.stringify({
    cniVersion: "0.3.1",
    name: "bootstrap",
    plugins: [
      {
        type: "ptp",
        ipMasq: true,
        ipam: { type: "host-local", ranges: [[{ subnet: podCIDR }]], routes: [{ dst: "0.0.0.0/0" }] },
      },
      { type: "portmap", capabilities: { portMappings: true } },
    ],
  });
}
