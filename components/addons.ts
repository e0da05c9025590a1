import * as pulumi from "@pulumi/pulumi";
import type { ClusterConfig } from "../config/clusterConfig";
import type { ManagementCluster } from "./managementCluster";
import { manifestObjects } from "./manifestObjects";

/** Arguments of {@link Addons}. */
export interface AddonsArgs {
  readonly cluster: Pick<ManagementCluster, "provider">;
  readonly config: Pick<ClusterConfig, "addons" | "podCIDR">;
  /** What releases the machines in the end; the objects go with it. */
  readonly deletedWith: pulumi.Resource;
}

/** Whatever else the site's manifests put on the cluster, once its nodes are ready. The move does not wait for it. */
export class Addons extends pulumi.ComponentResource {
  constructor(name: string, args: AddonsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("metal3:index:Addons", name, {}, opts);
    manifestObjects(name, args.config.addons, args.config, {
      parent: this,
      provider: args.cluster.provider,
      deletedWith: args.deletedWith,
    });
    this.registerOutputs({});
  }
}
