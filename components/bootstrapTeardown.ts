import * as pulumi from "@pulumi/pulumi";
import { LifecycleCommand, type LifecycleTiming } from "./lifecycleCommand";
import type { ManagementCluster } from "./managementCluster";
import type { Pivot } from "./pivot";

/** Arguments of {@link BootstrapTeardown}. */
export interface BootstrapTeardownArgs {
  readonly stack: string;
  readonly namespace: string;
  readonly clusterName: string;
  readonly pivot: Pivot;
  readonly bootstrap: ManagementCluster;
  readonly target: ManagementCluster;
  /** kind name of the bootstrap cluster. */
  readonly kindName: string;
  readonly timeoutSeconds: number;
}

/** Step 9: deletes the bootstrap cluster, and only when the target is found to own every object. */
export class BootstrapTeardown extends pulumi.ComponentResource {
  readonly timing: pulumi.Output<LifecycleTiming>;

  constructor(name: string, args: BootstrapTeardownArgs, opts?: pulumi.ComponentResourceOptions) {
    super("metal3:index:BootstrapTeardown", name, {}, opts);
    const teardown = new LifecycleCommand(
      `${name}-delete`,
      {
        verb: "bootstrap-teardown",
        input: {
          stack: args.stack,
          namespace: args.namespace,
          clusterName: args.clusterName,
          kindName: args.kindName,
        },
        secrets: {
          SOURCE_KUBECONFIG: args.bootstrap.kubeconfig,
          TARGET_KUBECONFIG: args.target.kubeconfig,
        },
        timeoutSeconds: args.timeoutSeconds,
        triggers: [args.pivot.id],
      },
      { parent: this },
    );
    this.timing = teardown.timing;
    this.registerOutputs({});
  }
}
