import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { ClusterConfig } from "../config/clusterConfig";
import { contentDigest } from "../manifests/names";
import { revisionAnnotation } from "../manifests/rollout";
import { type ClusterObject, targetClusterObjects } from "../manifests/targetCluster";
import { workerPoolStem } from "../manifests/workerPool";
import type { BareMetalHosts } from "./bareMetalHosts";
import { kubernetesObject } from "./kubernetesObject";
import { engineTimeout, LifecycleCommand, type LifecycleTiming } from "./lifecycleCommand";
import type { ManagementCluster } from "./managementCluster";
import type { ManagementProvider } from "./managementProvider";
import { manifestObjects } from "./manifestObjects";

/** Arguments of {@link TargetCluster}. */
export interface TargetClusterArgs {
  /** Holds the cluster's objects, before and after the move. */
  readonly management: ManagementProvider;
  readonly config: ClusterConfig;
  /** The hosts. The cluster's objects are declared without them; no control plane and no worker is waited for before its own are available. */
  readonly hosts: BareMetalHosts;
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
      // A template is never changed: a new one takes its place, and is another resource.
      const isTemplate = object.kind.endsWith("Template");
      const suffix = isTemplate ? `-${object.metadata.name.split("-").at(-1)}` : "";
      const resource = kubernetesObject(`${name}-${role}${suffix}`, object, {
        parent: this,
        provider: management.provider,
        deletedWith: args.deletedWith,
        dependsOn: [...after.flatMap((other) => objects.get(other) ?? []), ...others],
        // The old one is what running machines were made from, and it is the Cluster's in the end. Pulumi would delete it
        // after everything else, when the bootstrap that its provider was started for may be gone.
        retainOnDelete: isTemplate,
        // A pool that is given up is drained, and its hosts are wiped, before it is gone.
        customTimeouts: { delete: engineTimeout(config.timeouts.nodesReady) },
      });
      objects.set(role, resource);
    };
    const all = targetClusterObjects(config);
    const isPool = ({ object }: ClusterObject) => object.kind === "MachineDeployment";
    for (const object of all.filter((candidate) => !isPool(candidate))) declare(object);

    const controlPlane = all.find(({ role }) => role === "control-plane");
    const access = {
      kubeconfigPath: management.path,
      namespace: config.namespace,
      clusterName: config.clusterName,
    };
    const declared = [...objects.values()];
    // A later change of the machines reaches the workers only after the control plane: its nodes must never be the older ones.
    const rolledOut = new LifecycleCommand(
      `${name}-control-plane-rollout`,
      {
        verb: "control-plane-rollout",
        input: { ...access, revision: controlPlane?.object.metadata.annotations?.[revisionAnnotation] },
        timeoutSeconds: config.timeouts.nodesReady,
        consoleLog: config.consoleLog,
        onlyLater: true,
      },
      { parent: this, dependsOn: declared },
    );
    const kubeconfig = new LifecycleCommand<{ kubeconfig: string }>(
      `${name}-kubeconfig`,
      {
        verb: "target-kubeconfig",
        deleteVerb: "remember-target",
        input: { ...access, endpoint: this.endpoint },
        timeoutSeconds: config.timeouts.controlPlane,
        consoleLog: config.consoleLog,
      },
      { parent: this, dependsOn: [...declared, args.hosts.controlPlaneHosts] },
    );
    // Workers wait for the control plane anyway. Asked for earlier, they would be made from templates that may yet turn out
    // wrong, and Cluster API keeps such machines beside their successors until these are up.
    for (const object of all.filter(isPool)) declare(object, kubeconfig, rolledOut, args.hosts);
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

    this.network = manifestObjects(`${name}-cni`, [config.cniManifest], config, {
      parent: this,
      provider: this.provider,
      deletedWith: args.deletedWith,
      podsAfter: new LifecycleCommand(
        `${name}-services`,
        {
          verb: "services-ready",
          input: { cluster: this.name },
          secrets: { KUBECONFIG_CONTENT: this.kubeconfig },
          timeoutSeconds: config.timeouts.controlPlane,
        },
        { parent: this },
      ),
    });
    const templates = all.filter(({ object }) => object.kind.endsWith("Template"));
    const madeFrom = [config.kubernetesVersion, ...templates.map(({ object }) => object.metadata.name)];
    const machines = (suffix: string, until: "deployed" | "ready", dependsOn: pulumi.Resource[]) =>
      new LifecycleCommand(
        `${name}-${suffix}`,
        {
          verb: "nodes-ready",
          input: {
            ...access,
            controlPlaneReplicas: config.controlPlane.replicas,
            workerReplicas: config.workerPools.reduce((sum, pool) => sum + pool.replicas, 0),
            pools: config.workerPools.map((pool) => ({
              deployment: workerPoolStem(config, pool),
              ...(until === "ready" ? { labels: pool.nodeLabels, taints: pool.taints } : {}),
            })),
            ...(until === "ready" ? { revision: contentDigest(madeFrom) } : {}),
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
}
