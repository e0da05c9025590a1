import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { BasicCredentials, ClusterConfig } from "../config/clusterConfig";
import { retirementConfig } from "../config/retirementConfig";
import type { IronicAccess } from "./ironicCredentials";
import { engineTimeout, handOver, lifecycleInvocation } from "./lifecycleCommand";
import type { ClusterAccess } from "./managementCluster";

/** Arguments of {@link ClusterRetirement}. */
export interface ClusterRetirementArgs {
  readonly stack: string;
  readonly config: ClusterConfig;
  readonly bootstrap: ClusterAccess;
  readonly credentials: IronicAccess;
  /** Key of the backup that is made before the objects move back. Secret. */
  readonly backupKey: pulumi.Input<string>;
  /** BMC credentials by host name. Secret. */
  readonly bmcCredentials: Readonly<Record<string, pulumi.Input<BasicCredentials>>>;
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
    const timeoutSeconds = args.config.timeouts.retire;
    const { environment, ...handed } = handOver(
      {
        LIFECYCLE_INPUT: JSON.stringify({ stack: args.stack, config: retirementConfig(args.config) }),
        SOURCE_KUBECONFIG: args.bootstrap.kubeconfig,
        IRONIC_CREDENTIALS: args.credentials.json,
        BACKUP_KEY: args.backupKey,
        BMC_CREDENTIALS: pulumi.secret(pulumi.jsonStringify(args.bmcCredentials)),
      },
      args.config.hosts.length,
    );
    this.resource = new local.Command(
      `${name}-release`,
      {
        // Nothing is done until the end; what the end needs is kept in state from the beginning.
        create: "exec true",
        update: "exec true",
        delete: lifecycleInvocation("retire"),
        environment: { ...environment, LIFECYCLE_TIMEOUT_SECONDS: String(timeoutSeconds) },
        ...handed,
        logging: local.Logging.Stderr,
      },
      { parent: this, customTimeouts: { delete: engineTimeout(timeoutSeconds) } },
    );
    this.registerOutputs({});
  }
}
