import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { BasicCredentials, ClusterConfig } from "../config/clusterConfig";
import type { WhereaboutsConfig } from "../config/retirementConfig";
import { engineTimeout, handOver, lifecycleInvocation } from "./lifecycleCommand";
import type { ClusterAccess } from "./managementCluster";

/** What every program needs that has to do with the end of a stack. */
export interface FinalCommandArgs {
  readonly stack: string;
  readonly config: ClusterConfig;
  readonly bootstrap: ClusterAccess;
  /** BMC credentials by host name. Secret. */
  readonly bmcCredentials: Readonly<Record<string, pulumi.Input<BasicCredentials>>>;
}

/**
 * A program that `pulumi destroy` runs. Nothing is done until then; what it needs is kept in state from the beginning.
 *
 * @param input What it needs of the configuration.
 * @param secrets Secrets of this program alone, by environment variable.
 */
export function finalCommand(
  name: string,
  verb: string,
  { stack, config, bootstrap, bmcCredentials }: FinalCommandArgs,
  input: WhereaboutsConfig,
  secrets: Readonly<Record<string, pulumi.Input<string>>>,
  opts: pulumi.CustomResourceOptions,
): local.Command {
  const timeoutSeconds = config.timeouts.retire;
  const { environment, ...handed } = handOver(
    {
      LIFECYCLE_INPUT: JSON.stringify({ stack, config: input }),
      SOURCE_KUBECONFIG: bootstrap.kubeconfig,
      BMC_CREDENTIALS: pulumi.secret(pulumi.jsonStringify(bmcCredentials)),
      ...secrets,
    },
    config.hosts.length,
  );
  return new local.Command(
    name,
    {
      create: "exec true",
      update: "exec true",
      delete: lifecycleInvocation(verb),
      environment: { ...environment, LIFECYCLE_TIMEOUT_SECONDS: String(timeoutSeconds) },
      ...handed,
      logging: local.Logging.Stderr,
    },
    { ...opts, customTimeouts: { delete: engineTimeout(timeoutSeconds) } },
  );
}
