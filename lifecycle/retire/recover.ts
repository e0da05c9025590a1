import { bareMetalHost } from "../../manifests/bareMetalHost";
import { hostsAvailableInput } from "../inputs/hostsAvailable";
import { verb as hostsAvailable } from "../hostsAvailable/verb";
import { ironicPorts, waitForSilence } from "../ironicHandover/waitForSilence";
import type { RetireSettings } from "../inputs/retire";
import type { Context } from "../shared/context";
import { LifecycleFailure } from "../shared/failure";
import { KubeClient } from "../shared/kube/client";
import { types } from "../shared/kube/types";
import { managementKubeconfigPath, writeManagementKubeconfig } from "../shared/managementKubeconfig";
import { runTool } from "../shared/tools";
import { BootstrapAgain, returnStackName } from "./bootstrapAgain";
import { forceOff, loginOf, powerStates } from "./power";

/** Key of the stack's configuration by which an operator agrees to release machines whose objects cannot be reached. */
const consentKey = "releaseUnreachable";

/**
 * Takes hold of machines whose objects are lost, by what the configuration knows of them: switches them off through their
 * BMCs, registers them anew on a bootstrap cluster, where they are inspected and cleaned. It takes the operator's consent,
 * since nobody can tell what is lost with the cluster.
 *
 * @returns The bootstrap cluster that holds the hosts, and a client for it.
 */
export async function recoverHosts(
  context: Context,
  { stack, config }: RetireSettings,
  why: string,
): Promise<{ bootstrap: BootstrapAgain; kubeconfig: string }> {
  await requireConsent(context, stack, config, why);
  const { namespace, hosts } = config;
  context.progress(`${why}; by ${consentKey} the hosts are released by what the configuration knows of them`);
  await forceOff(context, hosts);
  await waitForSilence(context, {
    ironicIP: config.network.ironicIP,
    network: config.bootstrap.network,
    ports: ironicPorts,
  });
  const bootstrap = await BootstrapAgain.open(context, stack, config, undefined);
  const kubeconfig = await bootstrap.build();
  const client = KubeClient.fromKubeconfig("bootstrap", kubeconfig, context.signal);
  for (const host of hosts) {
    const object = bareMetalHost(host, namespace);
    const { username, password } = loginOf(context, host);
    const secret = {
      ...types.secret,
      metadata: { name: `${host.name}-bmc`, namespace },
      type: "Opaque",
      data: { username: base64(username), password: base64(password) },
    };
    await client.patch({ ...types.secret, namespace, name: `${host.name}-bmc` }, "apply", secret);
    await client.patch({ ...types.bareMetalHost, namespace, name: host.name }, "apply", object);
  }
  await client.close();
  const inner = returnStackName(stack);
  await writeManagementKubeconfig(inner, kubeconfig);
  await hostsAvailable.run(
    hostsAvailableInput.parse({
      kubeconfigPath: managementKubeconfigPath(inner),
      namespace,
      hosts: hosts.map(({ name }) => name),
      limitSeconds: config.timeouts.hostsAvailable,
    }),
    context,
  );
  return { bootstrap, kubeconfig };
}

async function requireConsent(
  context: Context,
  stack: string,
  config: RetireSettings["config"],
  why: string,
): Promise<void> {
  const settings = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[0].startsWith("PULUMI_") && entry[1] !== undefined,
  );
  const { stdout } = await runTool(context, "pulumi", ["config", "get", consentKey, "--stack", stack], {
    env: Object.fromEntries(settings),
    allowFailure: true,
    limitSeconds: 60,
  });
  if (stdout.trim() === "true") {
    return;
  }
  const power = await powerStates(context, config.hosts);
  throw new LifecycleFailure(`the machines of ${config.clusterName} cannot be released: ${why}`, {
    evidence: [
      ...config.hosts.map(({ name }) => `${name}: power ${power.get(name)}, by its BMC`),
      "not proved: which objects the cluster held, and whether something else uses these hosts now",
    ],
    remedy: `bring the cluster back and run \`pulumi destroy\` again; or, if it is lost, run \`pulumi config set ${consentKey} true\` and then \`pulumi destroy\`: every host of the inventory is switched off, registered anew on a new bootstrap cluster, wiped and switched off`,
  });
}

function base64(text: string): string {
  return Buffer.from(text, "utf8").toString("base64");
}
