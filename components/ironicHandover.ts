import * as pulumi from "@pulumi/pulumi";
import type { ClusterConfig } from "../config/clusterConfig";
import type { IronicAccess } from "./ironicCredentials";
import { LifecycleCommand, type LifecycleTiming } from "./lifecycleCommand";
import type { ClusterAccess } from "./managementCluster";

/** Arguments of {@link IronicHandover}. */
export interface IronicHandoverArgs {
  /** Cluster whose Ironic is stopped. */
  readonly from: ClusterAccess;
  /** Cluster whose Ironic starts afterwards: a re-run recognises an Ironic that has already moved there. */
  readonly to: ClusterAccess;
  readonly config: Pick<ClusterConfig, "network" | "bootstrap" | "timeouts">;
  readonly credentials: IronicAccess;
  readonly stack: string;
}

/**
 * Stops the source's Ironic stack and proves it silent: pods gone, nobody answers on the endpoint address, nobody answers a
 * DHCP discover. Only after that may the target's stack start; two of them on one wire wipe hosts.
 */
export class IronicHandover extends pulumi.ComponentResource {
  readonly timing: pulumi.Output<LifecycleTiming>;

  constructor(name: string, args: IronicHandoverArgs, opts?: pulumi.ComponentResourceOptions) {
    super("metal3:index:IronicHandover", name, {}, opts);
    const silence = new LifecycleCommand(
      `${name}-silence`,
      {
        verb: "ironic-handover",
        input: {
          stack: args.stack,
          ironicIP: args.config.network.ironicIP,
          network: args.config.bootstrap.network,
        },
        secrets: {
          SOURCE_KUBECONFIG: args.from.kubeconfig,
          TARGET_KUBECONFIG: args.to.kubeconfig,
          IRONIC_CREDENTIALS: args.credentials.json,
        },
        timeoutSeconds: args.config.timeouts.handover,
      },
      { parent: this },
    );
    this.timing = silence.timing;
    this.registerOutputs({});
  }
}
