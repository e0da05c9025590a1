import * as pulumi from "@pulumi/pulumi";
import type { BasicCredentials, ClusterConfig } from "../config/clusterConfig";
import { bareMetalHost, bmcSecret } from "../manifests/bareMetalHost";
import { kubernetesObject } from "./kubernetesObject";
import { engineTimeout, LifecycleCommand, type LifecycleTiming } from "./lifecycleCommand";
import type { ManagementProvider } from "./managementProvider";

/** Arguments of {@link BareMetalHosts}. */
export interface BareMetalHostsArgs {
  /** Holds the hosts, before and after the move. */
  readonly management: ManagementProvider;
  readonly config: Pick<ClusterConfig, "namespace" | "hosts" | "timeouts" | "consoleLog">;
  /** BMC credentials by host name. Secret. */
  readonly bmcCredentials: Readonly<Record<string, pulumi.Input<BasicCredentials>>>;
  /** What destroys the hosts' registration in the end; the objects go with it. */
  readonly deletedWith: pulumi.Resource;
}

/** The inventory: a BMC secret and a BareMetalHost for each host, and the wait until all of them are available. */
export class BareMetalHosts extends pulumi.ComponentResource {
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

    const objects = config.hosts.flatMap((host) => {
      const credentials = pulumi.output(args.bmcCredentials[host.name]);
      const secret = kubernetesObject(
        `${name}-${host.name}-bmc`,
        bmcSecret(host, config.namespace, {
          username: credentials.username,
          password: credentials.password,
        }),
        options,
      );
      return [
        secret,
        kubernetesObject(`${name}-${host.name}`, bareMetalHost(host, config.namespace), {
          ...options,
          dependsOn: secret,
        }),
      ];
    });

    const available = new LifecycleCommand(
      `${name}-available`,
      {
        verb: "hosts-available",
        input: {
          kubeconfigPath: management.path,
          namespace: config.namespace,
          hosts: config.hosts.map((host) => host.name),
        },
        timeoutSeconds: config.timeouts.hostsAvailable,
        consoleLog: config.consoleLog,
      },
      { parent: this, dependsOn: objects },
    );
    this.timing = available.timing;
    this.registerOutputs({});
  }
}
