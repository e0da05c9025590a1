import * as pulumi from "@pulumi/pulumi";
import type { ClusterConfig } from "../config/clusterConfig";
import { LifecycleCommand, type LifecycleTiming } from "./lifecycleCommand";
import type { ManagementCluster } from "./managementCluster";
import type { Pivot } from "./pivot";

/** Arguments of {@link BootstrapTeardown}. */
export interface BootstrapTeardownArgs {
  readonly stack: string;
  readonly config: Pick<ClusterConfig, "namespace" | "clusterName" | "bootstrap" | "timeouts">;
  readonly pivot: Pivot;
  readonly bootstrap: ManagementCluster;
  readonly target: ManagementCluster;
}

/** Step 9: deletes the bootstrap cluster, and only when the target is found to own every object. */
export class BootstrapTeardown extends pulumi.ComponentResource {
  readonly timing: pulumi.Output<LifecycleTiming>;

  constructor(name: string, args: BootstrapTeardownArgs, opts?: pulumi.ComponentResourceOptions) {
    super("metal3:index:BootstrapTeardown", name, {}, opts);
    const { config } = args;
    const teardown = new LifecycleCommand(
      `${name}-delete`,
      {
        verb: "bootstrap-teardown",
        input: {
          stack: args.stack,
          namespace: config.namespace,
          clusterName: config.clusterName,
          kindName: config.bootstrap.name,
        },
        secrets: {
          SOURCE_KUBECONFIG: args.bootstrap.kubeconfig,
          TARGET_KUBECONFIG: args.target.kubeconfig,
        },
        timeoutSeconds: config.timeouts.teardown,
        triggers: [args.pivot.id],
      },
      { parent: this },
    );
    this.timing = teardown.timing;
    this.registerOutputs({});
  }
}
