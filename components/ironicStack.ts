import * as pulumi from "@pulumi/pulumi";
import type { ClusterConfig } from "../config/clusterConfig";
import { ironicNamespace } from "../manifests/ironicSettings";
import { ironicPodLabels, ironicStackObjects } from "../manifests/ironicStack";
import type { IronicAccess } from "./ironicCredentials";
import { kubernetesObject, objectResourceName } from "./kubernetesObject";
import { LifecycleCommand, type LifecycleTiming } from "./lifecycleCommand";
import type { ClusterAccess, ManagementCluster } from "./managementCluster";

/** Arguments of {@link IronicStack}. */
export interface IronicStackArgs {
  readonly cluster: ManagementCluster;
  readonly config: Pick<ClusterConfig, "network" | "ironic" | "bootstrap" | "timeouts">;
  readonly credentials: IronicAccess;
  readonly stack: string;
  /**
   * Cluster whose Ironic has the endpoint. Then everything is laid down and tried, and nothing is started, which is
   * `IronicHandover`'s. Unset: it starts at once.
   */
  readonly takesOverFrom?: ClusterAccess;
}

/**
 * Steps 2 and 6: Ironic with its database, image server, DHCP and the keepalived that holds the endpoint address. Resolves
 * when the API answers through that address with the credentials and refuses without; one that is to take over, when its
 * images are there and it lacks nothing but its turn.
 */
export class IronicStack extends pulumi.ComponentResource {
  /** URL of the Ironic API. */
  readonly endpoint: string;
  /** What the operator needs of the stack: namespace, credentials, settings. */
  readonly settings: pulumi.Resource[];
  readonly deployment: pulumi.Resource;
  /** Another value is another pod. */
  readonly podDigest: string;
  readonly timing: pulumi.Output<LifecycleTiming>;

  constructor(name: string, args: IronicStackArgs, opts?: pulumi.ComponentResourceOptions) {
    super("metal3:index:IronicStack", name, {}, opts);
    const options = { parent: this, provider: args.cluster.provider };
    const objects = ironicStackObjects({
      network: args.config.network,
      ironic: args.config.ironic,
      provisioningInterface: args.cluster.provisioningInterface,
      onControlPlane: true,
      credentials: args.credentials.secrets,
      staged: args.takesOverFrom !== undefined,
    });
    this.endpoint = objects.endpoint;
    this.podDigest = objects.podDigest;

    const namespace = kubernetesObject(
      objectResourceName(name, objects.namespace),
      objects.namespace,
      options,
    );
    this.settings = [
      namespace,
      ...objects.settings.map((object) =>
        kubernetesObject(objectResourceName(name, object), object, { ...options, dependsOn: namespace }),
      ),
    ];
    const staged = args.takesOverFrom && this.stage(name, args, args.takesOverFrom, namespace);
    this.deployment = kubernetesObject(objectResourceName(name, objects.deployment), objects.deployment, {
      ...options,
      dependsOn: [...this.settings, ...(staged ? [staged] : [])],
      // Programs stop and start it when the endpoint changes hands; a later change of it must not start a second Ironic.
      ignoreChanges: ["spec.replicas"],
    });
    this.timing = (staged ?? this.ready(name, args)).timing;
    this.registerOutputs({ endpoint: this.endpoint });
  }

  /** What can be done before it is this stack's turn. */
  private stage(
    name: string,
    { cluster, config, stack }: IronicStackArgs,
    from: ClusterAccess,
    namespace: pulumi.Resource,
  ): LifecycleCommand<object> {
    const { ironic, mariadb, keepalived, ipaDownloader } = config.ironic.images;
    return new LifecycleCommand(
      `${name}-stage`,
      {
        verb: "ironic-stage",
        input: {
          stack,
          ironicIP: config.network.ironicIP,
          network: config.bootstrap.network,
          images: [ironic, mariadb, keepalived, ipaDownloader],
          podLabels: ironicPodLabels,
        },
        secrets: { KUBECONFIG_CONTENT: cluster.kubeconfig, SOURCE_KUBECONFIG: from.kubeconfig },
        timeoutSeconds: config.timeouts.ironic,
      },
      { parent: this, dependsOn: namespace },
    );
  }

  /** Waits until it answers. */
  private ready(name: string, { cluster, config, credentials }: IronicStackArgs): LifecycleCommand<object> {
    return new LifecycleCommand(
      `${name}-ready`,
      {
        verb: "ironic-ready",
        input: { endpoint: this.endpoint, namespace: ironicNamespace },
        secrets: {
          KUBECONFIG_CONTENT: cluster.kubeconfig,
          IRONIC_CREDENTIALS: credentials.json,
        },
        timeoutSeconds: config.timeouts.ironic,
        onlyOnce: cluster.temporary,
      },
      { parent: this, dependsOn: this.deployment },
    );
  }
}
