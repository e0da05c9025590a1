import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

/** How programs reach a cluster. */
export interface ClusterAccess {
  /** Short name, used in resource names and messages: "bootstrap" or "target". */
  readonly name: string;
  /** Admin kubeconfig (YAML content), secret. Resolves when the API server answers. */
  readonly kubeconfig: pulumi.Output<string>;
  /** Whether it goes when its work is done: later changes of the configuration do not concern it. Default false. */
  readonly temporary?: boolean;
}

/**
 * A cluster that can hold the Cluster API and Metal3 objects: the temporary bootstrap cluster as well as the target.
 * Everything that is done to one is done to the other through this interface.
 */
export interface ManagementCluster extends ClusterAccess {
  /** Provider for objects that live in this cluster and never move. */
  readonly provider: k8s.Provider;
  /** Interface of the provisioning network on the nodes that may run Ironic. */
  readonly provisioningInterface: string;
}
