import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { engineTimeout, lifecycleInvocation } from "./lifecycleCommand";
import type { ManagementCluster } from "./managementCluster";

/** Arguments of {@link ClusterRetirement}. */
export interface ClusterRetirementArgs {
  readonly stack: string;
  readonly namespace: string;
  readonly clusterName: string;
  readonly bootstrap: ManagementCluster;
  readonly timeoutSeconds: number;
}

/**
 * Releases the machines on `pulumi destroy`. Declared before the hosts and the target cluster and therefore deleted after
 * them: their objects are `deletedWith` it, so they still exist when its delete program deprovisions the hosts.
 */
export class ClusterRetirement extends pulumi.ComponentResource {
  /** What the moved objects are deleted with. */
  readonly resource: pulumi.Resource;

  constructor(name: string, args: ClusterRetirementArgs, opts?: pulumi.ComponentResourceOptions) {
    super("metal3:index:ClusterRetirement", name, {}, opts);
    const timeout = engineTimeout(args.timeoutSeconds);
    this.resource = new local.Command(
      `${name}-release`,
      {
        // Nothing is done until the end; what the end needs is kept in state from the beginning.
        create: "exec true",
        update: "exec true",
        delete: lifecycleInvocation("retire"),
        environment: {
          LIFECYCLE_INPUT: pulumi.jsonStringify({
            stack: args.stack,
            namespace: args.namespace,
            clusterName: args.clusterName,
          }),
          LIFECYCLE_TIMEOUT_SECONDS: String(args.timeoutSeconds),
          SOURCE_KUBECONFIG: args.bootstrap.kubeconfig,
        },
        logging: local.Logging.Stderr,
      },
      { parent: this, customTimeouts: { delete: timeout } },
    );
    this.registerOutputs({});
  }
}
