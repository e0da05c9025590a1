import * as pulumi from "@pulumi/pulumi";
import type * as inputs from "./inputs";

/**
 * A kind cluster: Kubernetes nodes in containers, run by the real `kind` program.
 *
 * The user's kubeconfig is neither read nor written: access is in the (secret) outputs.
 */
export class Cluster extends pulumi.CustomResource {
  private static readonly type = "kind:index:Cluster";

  /** Gets the state of an existing cluster. */
  public static get(name: string, id: pulumi.Input<pulumi.ID>, opts?: pulumi.CustomResourceOptions): Cluster {
    return new Cluster(name, undefined, { ...opts, id });
  }

  /** Whether the object is a Cluster, also one of another copy of this package. */
  public static isInstance(obj: unknown): obj is Cluster {
    return (obj as { __pulumiType?: unknown } | undefined)?.__pulumiType === Cluster.type;
  }

  /** Name of the cluster. */
  declare public readonly name: pulumi.Output<string>;
  /** Kubeconfig with the address that the machine forwards. Secret. */
  declare public readonly kubeconfig: pulumi.Output<string>;
  /** Kubeconfig with the address of the first control plane node on the container network. Secret. */
  declare public readonly internalKubeconfig: pulumi.Output<string>;
  /** URL of the API server in `kubeconfig`. */
  declare public readonly endpoint: pulumi.Output<string>;
  /** Names of the nodes, which are also those of their containers, sorted. */
  declare public readonly nodeNames: pulumi.Output<string[]>;
  /** When the creation began; ISO 8601. */
  declare public readonly startedAt: pulumi.Output<string>;
  /** When the cluster was made and, with `waitForReady`, all nodes were Ready; ISO 8601. */
  declare public readonly readyAt: pulumi.Output<string>;

  /**
   * Declares a cluster.
   *
   * @param name logical name of the resource
   */
  constructor(name: string, args: ClusterArgs | undefined, opts: pulumi.CustomResourceOptions = {}) {
    const outputs = {
      kubeconfig: undefined,
      internalKubeconfig: undefined,
      endpoint: undefined,
      nodeNames: undefined,
      startedAt: undefined,
      readyAt: undefined,
    };
    super(Cluster.type, name, opts.id ? {} : { ...args, name: args?.name ?? name, ...outputs }, {
      ...opts,
      additionalSecretOutputs: ["kubeconfig", "internalKubeconfig", ...(opts.additionalSecretOutputs ?? [])],
    });
  }
}

/** Arguments of {@link Cluster}. A change replaces the cluster unless the field says otherwise. */
export interface ClusterArgs {
  /** Name of the cluster: at most 48 letters, digits, dots and dashes. Defaults to the logical name of the resource. */
  name?: pulumi.Input<string>;
  /** Node image. Defaults to the one of the `kind` program. */
  nodeImage?: pulumi.Input<string>;
  /** Container network for the nodes; it must exist. Defaults to kind's own, which kind makes. */
  network?: pulumi.Input<string>;
  /** Further container networks the nodes are connected to; they must exist. Changed in place. */
  additionalNetworks?: pulumi.Input<pulumi.Input<string>[]>;
  /** Defaults to one control plane node. */
  nodes?: pulumi.Input<pulumi.Input<inputs.Node>[]>;
  networking?: pulumi.Input<inputs.Networking>;
  /** Kubernetes feature gates, for all components. */
  featureGates?: pulumi.Input<Record<string, pulumi.Input<boolean>>>;
  /** `--runtime-config` of the API server, for instance `{ "api/alpha": "true" }`. */
  runtimeConfig?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** TOML patches of containerd's configuration, merged by kind. */
  containerdConfigPatches?: pulumi.Input<pulumi.Input<string>[]>;
  /** Registry host, as in image names, to the base URL of its mirror, tried first. Changed in place. */
  registryMirrors?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** CNI configuration list (JSON), written to all nodes; needs `networking.disableDefaultCNI`. */
  cniConfig?: pulumi.Input<string>;
  /** Seconds to wait for all nodes to be Ready; 0: not at all. Changed in place. Defaults to 0. */
  waitForReady?: pulumi.Input<number>;
  /**
   * Take an existing cluster of that name over instead of refusing it; it is then managed, and deleted, like any other.
   * Changed in place. Defaults to false.
   */
  adopt?: pulumi.Input<boolean>;
  /**
   * The cluster is expected to go away by other hands: its absence is no drift (refresh keeps the saved state), no reason
   * to replace it and no obstacle to deleting it. Changed in place. Defaults to false.
   */
  temporary?: pulumi.Input<boolean>;
  /** Folder for the logs of a cluster that could not be made (`kind export logs`). Changed in place. */
  retainOnFailure?: pulumi.Input<string>;
}
