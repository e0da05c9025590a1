import * as pulumi from "@pulumi/pulumi";
import { retirementConfig } from "../config/retirementConfig";
import { finalCommand, type FinalCommandArgs } from "./finalCommand";
import type { IronicAccess } from "./ironicCredentials";

/** Arguments of {@link ClusterRetirement}. */
export interface ClusterRetirementArgs extends FinalCommandArgs {
  readonly credentials: IronicAccess;
  /** Key of the backup that is made before the objects move back. Secret. */
  readonly backupKey: pulumi.Input<string>;
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
    this.resource = finalCommand(
      `${name}-release`,
      "retire",
      args,
      retirementConfig(args.config),
      { IRONIC_CREDENTIALS: args.credentials.json, BACKUP_KEY: args.backupKey },
      { parent: this },
    );
    this.registerOutputs({});
  }
}
