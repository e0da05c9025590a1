import * as pulumi from "@pulumi/pulumi";
import type { ClusterConfig } from "../config/clusterConfig";
import { ironicStackObjects } from "../manifests/ironicStack";
import type { IronicAccess } from "./ironicCredentials";
import { kubernetesObject, objectResourceName } from "./kubernetesObject";
import { LifecycleCommand, type LifecycleTiming } from "./lifecycleCommand";
import type { ManagementCluster } from "./managementCluster";

/** Arguments of {@link IronicStack}. */
export interface IronicStackArgs {
  readonly cluster: ManagementCluster;
  readonly config: Pick<ClusterConfig, "network" | "ironic" | "timeouts">;
  readonly credentials: IronicAccess;
  /** What must have happened before the pod may start; namespace, secrets and settings are laid down at once. */
  readonly startAfter?: pulumi.Input<pulumi.Resource>[];
}

/**
 * Steps 2 and 6: Ironic with its database, image server, DHCP and the keepalived that holds the endpoint address. Resolves
 * when the API answers through that address with the credentials and refuses without.
 */
export class IronicStack extends pulumi.ComponentResource {
  /** URL of the Ironic API. */
  readonly endpoint: string;
  /** What the operator needs of the stack: namespace, credentials, settings. */
  readonly settings: pulumi.Resource[];
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
    });

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
    const deployment = kubernetesObject(objectResourceName(name, objects.deployment), objects.deployment, {
      ...options,
      dependsOn: [...this.settings, ...(args.startAfter ?? [])],
    });

    this.endpoint = objects.endpoint;
    const ready = new LifecycleCommand(
      `${name}-ready`,
      {
        verb: "ironic-ready",
        input: { endpoint: objects.endpoint, namespace: objects.namespace.metadata.name },
        secrets: {
          KUBECONFIG_CONTENT: args.cluster.kubeconfig,
          IRONIC_CREDENTIALS: args.credentials.json,
        },
        timeoutSeconds: args.config.timeouts.ironic,
      },
      { parent: this, dependsOn: deployment },
    );
    this.timing = ready.timing;
    this.registerOutputs({ endpoint: this.endpoint });
  }
}
