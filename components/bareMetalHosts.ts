import * as pulumi from "@pulumi/pulumi";
import type { BasicCredentials, ClusterConfig, HostConfig } from "../config/clusterConfig";
import { hostsForFirst } from "../config/hostMatching";
import { bareMetalHost, bmcSecret } from "../manifests/bareMetalHost";
import { kubernetesObject } from "./kubernetesObject";
import { engineTimeout, LifecycleCommand, type LifecycleTiming } from "./lifecycleCommand";
import type { ManagementProvider } from "./managementProvider";

/** Arguments of {@link BareMetalHosts}. */
export interface BareMetalHostsArgs {
  /** Holds the hosts, before and after the move. */
  readonly management: ManagementProvider;
  readonly config: Pick<ClusterConfig, "namespace" | "hosts" | "controlPlane" | "timeouts" | "consoleLog">;
  /** BMC credentials by host name. Secret. */
  readonly bmcCredentials: Readonly<Record<string, pulumi.Input<BasicCredentials>>>;
  /** What destroys the hosts' registration in the end; the objects go with it. */
  readonly deletedWith: pulumi.Resource;
  /** What is done before hosts other than the control plane's boot the RAM disk, since these are needed last. */
  readonly othersAfter: readonly pulumi.Resource[];
}

/**
 * The inventory: a BMC secret and a BareMetalHost for each host, and the wait until all of them are available. The control
 * plane's hosts come first, since everything waits for it: a whole rack that boots the RAM disk at once would slow them down,
 * and what is installed meanwhile.
 */
export class BareMetalHosts extends pulumi.ComponentResource {
  /** Done when as many hosts are available as the control plane needs. */
  readonly controlPlaneHosts: LifecycleCommand<object>;
  readonly timing: pulumi.Output<LifecycleTiming>;

  constructor(name: string, args: BareMetalHostsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("metal3:index:BareMetalHosts", name, {}, opts);
    const { management, config } = args;
    const options = {
      parent: this,
      provider: management.provider,
      deletedWith: args.deletedWith,
      // A host that leaves the inventory is switched off first.
      customTimeouts: { delete: engineTimeout(config.timeouts.hostsAvailable) },
    };

    const declare = (host: HostConfig, dependsOn: pulumi.Resource[]) => {
      const credentials = pulumi.output(args.bmcCredentials[host.name]);
      const secret = kubernetesObject(
        `${name}-${host.name}-bmc`,
        bmcSecret(host, config.namespace, {
          username: credentials.username,
          password: credentials.password,
        }),
        { ...options, dependsOn },
      );
      const object = kubernetesObject(`${name}-${host.name}`, bareMetalHost(host, config.namespace), {
        ...options,
        dependsOn: [secret],
      });
      return [secret, object];
    };
    const available = (prefix: string, of: readonly HostConfig[], dependsOn: pulumi.Resource[]) =>
      new LifecycleCommand(
        prefix,
        {
          verb: "hosts-available",
          input: {
            kubeconfigPath: management.path,
            namespace: config.namespace,
            hosts: of.map((host) => host.name),
          },
          timeoutSeconds: config.timeouts.hostsAvailable,
          consoleLog: config.consoleLog,
        },
        { parent: this, dependsOn },
      );

    const { replicas, hostSelector: selector } = config.controlPlane;
    const { first, others } = hostsForFirst({ replicas, selector }, config.hosts);
    const firstObjects = first.flatMap((host) => declare(host, []));
    this.controlPlaneHosts = available(`${name}-control-plane-available`, first, firstObjects);
    const otherObjects = others.flatMap((host) =>
      declare(host, [this.controlPlaneHosts, ...args.othersAfter]),
    );
    const all = available(`${name}-available`, config.hosts, [
      ...firstObjects,
      this.controlPlaneHosts,
      ...otherObjects,
    ]);
    this.timing = pulumi
      .all([this.controlPlaneHosts.timing, all.timing])
      .apply(([{ startedAt }, { finishedAt }]) => ({ startedAt, finishedAt }));
    this.registerOutputs({});
  }
}
