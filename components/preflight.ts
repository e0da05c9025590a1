import * as pulumi from "@pulumi/pulumi";
import type { BasicCredentials, ClusterConfig } from "../config/clusterConfig";
import { ironicPorts } from "../manifests/ironicSettings";
import { changeReview } from "./changeReview";
import { LifecycleCommand } from "./lifecycleCommand";

/** Arguments of {@link Preflight}. */
export interface PreflightArgs {
  readonly stack: string;
  readonly config: ClusterConfig;
  /** BMC credentials by host name. Secret. */
  readonly bmcCredentials: Readonly<Record<string, pulumi.Input<BasicCredentials>>>;
}

/** Limit of all checks together, seconds. */
const limitSeconds = 120;

/**
 * Looks for what the configuration cannot show before anything is created: the container engine, memory and disk, the tools,
 * addresses that are taken, an image that is not there, BMCs that do not let us in. All findings come at once. Before that it
 * looks, in a preview too, at what the change would do to a cluster that runs. Everything else depends on it.
 */
export class Preflight extends pulumi.ComponentResource {
  constructor(name: string, args: PreflightArgs, opts?: pulumi.ComponentResourceOptions) {
    super("metal3:index:Preflight", name, {}, opts);
    const { config } = args;
    const { host, port } = config.controlPlane.endpoint;
    new LifecycleCommand(
      `${name}-environment`,
      {
        verb: "preflight",
        input: changeReview(args.stack, config).apply(() => ({
          stack: args.stack,
          network: { name: config.bootstrap.network, cidr: config.network.cidr },
          kindName: config.bootstrap.name,
          freeAddresses: [
            { path: "network.ironicIP", address: config.network.ironicIP, port: ironicPorts.api },
            { path: "controlPlane.endpoint", address: host, port },
          ],
          versions: { ...config.providers, images: undefined },
          image: { url: config.image.url, checksum: config.image.checksum },
          hosts: config.hosts.map(({ name: host, bmcAddress, disableCertificateVerification }) => ({
            name: host,
            bmcAddress,
            disableCertificateVerification,
          })),
        })),
        secrets: { BMC_CREDENTIALS: pulumi.jsonStringify(args.bmcCredentials) },
        timeoutSeconds: limitSeconds,
        hosts: config.hosts.length,
      },
      { parent: this },
    );
    this.registerOutputs({});
  }
}
