import * as pulumi from "@pulumi/pulumi";
import { whereaboutsConfig } from "../config/retirementConfig";
import { finalCommand, type FinalCommandArgs } from "./finalCommand";
import type { ClusterAccess } from "./managementCluster";

/** Arguments of {@link ReleaseGuard}. */
export interface ReleaseGuardArgs extends FinalCommandArgs {
  readonly target: ClusterAccess;
}

/**
 * Refuses a `pulumi destroy` that could not release the machines, while the state is whole. Must depend on everything else: made
 * last, it is deleted first, and alone.
 */
export class ReleaseGuard extends pulumi.ComponentResource {
  constructor(name: string, args: ReleaseGuardArgs, opts?: pulumi.ComponentResourceOptions) {
    super("metal3:index:ReleaseGuard", name, {}, opts);
    finalCommand(
      `${name}-check`,
      "retire-check",
      args,
      whereaboutsConfig(args.config),
      { TARGET_KUBECONFIG: args.target.kubeconfig },
      { parent: this },
    );
    this.registerOutputs({});
  }
}
