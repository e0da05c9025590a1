import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { ClusterConfig } from "../config/clusterConfig";
import { readManifest } from "../manifests/readManifest";
import { type ClusterObject, targetClusterObjects } from "../manifests/targetCluster";
import { kubernetesObject, objectResourceName } from "./kubernetesObject";
import { LifecycleCommand, type LifecycleTiming } from "./lifecycleCommand";
import type { ManagementCluster } from "./managementCluster";
import type { ManagementProvider } from "./managementProvider";

/** Arguments of {@link TargetCluster}. */
export interface TargetClusterArgs {
  /** Holds the cluster's objects, before and after the move. */
  readonly management: ManagementProvider;
  readonly config: ClusterConfig;
  /** What releases the machines in the end; the objects go with it. */
  readonly deletedWith: pulumi.Resource;
}

/**
 * Steps 4 and 5: the cluster on bare metal. Declares its Cluster API objects, waits for the control plane, gives its
 * kubeconfig, installs the CNI and waits for every node.
 */
export class TargetCluster extends pulumi.ComponentResource implements ManagementCluster {
  readonly name = "target";
  readonly kubeconfig: pulumi.Output<string>;
  readonly provider: k8s.Provider;
  readonly provisioningInterface: string;
  /** URL of the API server. */
  readonly endpoint: string;
  /** Done when pods can run: the CNI is laid down. */
  readonly network: pulumi.Resource[];
  /** Done when every expected host is written and boots from its disk: nothing needs the bootstrap's Ironic any more. */
  readonly deployed: LifecycleCommand<object>;
  /** Done when every expected node is Ready. */
  readonly nodes: LifecycleCommand<object>;
  /** From the first object to an answering control plane. */
  readonly controlPlaneTiming: pulumi.Output<LifecycleTiming>;
  readonly nodesTiming: pulumi.Output<LifecycleTiming>;

  constructor(name: string, args: TargetClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("metal3:index:TargetCluster", name, {}, opts);
    const { config, management } = args;
    const { host, port } = config.controlPlane.endpoint;
    this.endpoint = `https://${host}:${port}`;
    this.provisioningInterface = config.network.targetInterface;

    const objects = new Map<string, pulumi.Resource>();
    const declare = ({ role, object, after }: ClusterObject, ...others: pulumi.Resource[]) => {
      const resource = kubernetesObject(`${name}-${role}`, object, {
        parent: this,
        provider: management.provider,
        deletedWith: args.deletedWith,
        dependsOn: [...after.flatMap((other) => objects.get(other) ?? []), ...others],
        // A template is never changed, a new one takes its place. The old one is what running machines were made from, and it
        // is the Cluster's in the end. Pulumi would delete it after everything else, when the bootstrap that its provider
        // was started for may be gone.
        retainOnDelete: object.kind.endsWith("Template"),
      });
      objects.set(role, resource);
    };
    const all = targetClusterObjects(config);
    const isPool = ({ object }: ClusterObject) => object.kind === "MachineDeployment";
    for (const object of all.filter((candidate) => !isPool(candidate))) declare(object);

    const kubeconfig = new LifecycleCommand<{ kubeconfig: string }>(
      `${name}-kubeconfig`,
      {
        verb: "target-kubeconfig",
        input: {
          kubeconfigPath: management.path,
          namespace: config.namespace,
          clusterName: config.clusterName,
          endpoint: this.endpoint,
        },
        timeoutSeconds: config.timeouts.controlPlane,
        consoleLog: config.consoleLog,
      },
      { parent: this, dependsOn: [...objects.values()] },
    );
    // Workers wait for the control plane anyway. Asked for earlier, they would be made from templates that may yet turn out
    // wrong, and Cluster API keeps such machines beside their successors until these are up.
    for (const object of all.filter(isPool)) declare(object, kubeconfig);
    this.kubeconfig = pulumi.secret(kubeconfig.result.apply((result) => result.kubeconfig));
    this.controlPlaneTiming = kubeconfig.timing;
    this.provider = new k8s.Provider(
      `${name}-provider`,
      {
        kubeconfig: this.kubeconfig,
        clusterIdentifier: `${config.clusterName}-target`,
        enableConfigMapMutable: true,
        enableSecretMutable: true,
        enablePatchForce: true,
        upsertExistingObjects: true,
      },
      { parent: this },
    );

    this.network = this.installNetwork(name, args);
    const machines = (suffix: string, until: "deployed" | "ready", dependsOn: pulumi.Resource[]) =>
      new LifecycleCommand(
        `${name}-${suffix}`,
        {
          verb: "nodes-ready",
          input: {
            kubeconfigPath: management.path,
            namespace: config.namespace,
            clusterName: config.clusterName,
            controlPlaneReplicas: config.controlPlane.replicas,
            workerReplicas: config.workerPools.reduce((sum, pool) => sum + pool.replicas, 0),
            until,
          },
          secrets: { TARGET_KUBECONFIG: this.kubeconfig },
          timeoutSeconds: config.timeouts.nodesReady,
          consoleLog: config.consoleLog,
        },
        { parent: this, dependsOn },
      );
    this.deployed = machines("deployed", "deployed", [...objects.values()]);
    this.nodes = machines("nodes", "ready", [...this.network, ...objects.values()]);
    this.nodesTiming = this.nodes.timing;
    this.registerOutputs({ endpoint: this.endpoint, kubeconfig: this.kubeconfig });
  }

  /** The CNI's objects, definitions and namespaces first. They end with the cluster they run in. */
  private installNetwork(name: string, { config, deletedWith }: TargetClusterArgs): pulumi.Resource[] {
    const options = { parent: this, provider: this.provider, deletedWith };
    const objects = readManifest(config.cniManifest, { POD_CIDR: config.podCIDR });
    const namespaces = objects.filter((object) => object.kind === "Namespace");
    const first = namespaces.map((object) =>
      kubernetesObject(objectResourceName(`${name}-cni`, object), object, options),
    );
    const rest = objects
      .filter((object) => object.kind !== "Namespace")
      .map((object) =>
        kubernetesObject(objectResourceName(`${name}-cni`, object), object, { ...options, dependsOn: first }),
      );
    return [...first, ...rest];
  }
}
