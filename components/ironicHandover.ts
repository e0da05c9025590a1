import * as pulumi from "@pulumi/pulumi";
import type { ClusterConfig } from "../config/clusterConfig";
import type { HandoverGap, IronicHandoverResult } from "../lifecycle/inputs/ironicHandover";
import type { IronicAccess } from "./ironicCredentials";
import type { IronicStack } from "./ironicStack";
import { LifecycleCommand, type LifecycleTiming } from "./lifecycleCommand";
import type { ClusterAccess } from "./managementCluster";

/** Arguments of {@link IronicHandover}. */
export interface IronicHandoverArgs {
  /** Cluster whose Ironic is stopped. */
  readonly from: ClusterAccess;
  /** Cluster whose Ironic starts afterwards. */
  readonly to: ClusterAccess;
  /** The stack on the latter, laid down and not started. */
  readonly ironic: IronicStack;
  readonly config: Pick<ClusterConfig, "clusterName" | "network" | "bootstrap" | "timeouts">;
  readonly credentials: IronicAccess;
  readonly stack: string;
}

/**
 * Hands the Ironic endpoint over: stops the source's Ironic, proves it silent (pods gone, nobody answers on the endpoint
 * address, nobody answers a DHCP discover), and only then starts the target's; two of them on one wire wipe hosts. Resolves
 * when that answers. When it does not in its limit, the source's is put back, and nothing has moved.
 */
export class IronicHandover extends pulumi.ComponentResource {
  readonly timing: pulumi.Output<LifecycleTiming>;
  /** For how long the endpoint was without Ironic; null when that is not known. */
  readonly gap: pulumi.Output<HandoverGap | null>;

  constructor(name: string, args: IronicHandoverArgs, opts?: pulumi.ComponentResourceOptions) {
    super("metal3:index:IronicHandover", name, {}, opts);
    const { clusterName, network, bootstrap, timeouts } = args.config;
    const endpoint = new LifecycleCommand<IronicHandoverResult>(
      `${name}-endpoint`,
      {
        verb: "ironic-handover",
        input: {
          stack: args.stack,
          clusterName,
          ironicIP: network.ironicIP,
          network: bootstrap.network,
          pod: args.ironic.podDigest,
          startSeconds: timeouts.ironic,
        },
        secrets: {
          SOURCE_KUBECONFIG: args.from.kubeconfig,
          TARGET_KUBECONFIG: args.to.kubeconfig,
          IRONIC_CREDENTIALS: args.credentials.json,
        },
        // There, and back again where the target's Ironic does not come up.
        timeoutSeconds: 2 * (timeouts.handover + timeouts.ironic),
      },
      { parent: this, dependsOn: args.ironic.deployment },
    );
    this.timing = endpoint.timing;
    this.gap = pulumi.unsecret(endpoint.result.apply(({ gap }) => gap ?? null));
    this.registerOutputs({ gap: this.gap });
  }
}
