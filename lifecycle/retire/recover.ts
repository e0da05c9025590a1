import { bareMetalHost } from "../../manifests/bareMetalHost";
import { deleteKindCluster, kindClusters } from "../bootstrapTeardown/kindCluster";
import { hostsAvailableInput } from "../inputs/hostsAvailable";
import { verb as hostsAvailable } from "../hostsAvailable/verb";
import { ironicPorts, waitForSilence } from "../ironicHandover/waitForSilence";
import type { RetireSettings } from "../inputs/retire";
import type { Context } from "../shared/context";
import { KubeClient } from "../shared/kube/client";
import { types } from "../shared/kube/types";
import {
  managementKubeconfigPath,
  switchToTarget,
  writeManagementKubeconfig,
} from "../shared/managementKubeconfig";
import { waitFor } from "../shared/waitFor";
import { BootstrapAgain } from "./bootstrapAgain";
import { consentKey, requireConsent } from "./consent";
import { noteWiped, returnStackName } from "./journal";
import { forceOff, loginOf } from "./power";
import { wipeHosts } from "./wipe";

/** Seconds for one host's objects to be written. */
const registerSeconds = 120;

/**
 * Takes hold of machines whose objects are lost, by what the configuration knows of them: switches them off through their
 * BMCs, registers them anew on a bootstrap cluster, and has them inspected and wiped there. It takes the operator's consent,
 * since nobody can tell what is lost with the cluster. What an interrupted attempt has left is removed first.
 *
 * @returns The bootstrap cluster, and the kubeconfig of it.
 */
export async function recoverHosts(
  context: Context,
  input: RetireSettings,
  why: string,
): Promise<{ bootstrap: BootstrapAgain; kubeconfig: string }> {
  const { stack, config } = input;
  await requireConsent(context, input, why);
  context.progress(`${why}; by ${consentKey} the hosts are released by what the configuration knows of them`);
  const bootstrap = await BootstrapAgain.open(context, stack, config, undefined);
  if (await bootstrap.isBegun()) {
    context.progress("removing the bootstrap cluster of an earlier attempt");
    await bootstrap.clear();
  }
  if ((await kindClusters(context)).includes(config.bootstrap.name)) {
    context.progress("removing the bootstrap cluster of the bring-up, with whatever it holds");
    await deleteKindCluster(context, stack, config.bootstrap.name);
  }
  await forceOff(context, config.hosts);
  await waitForSilence(context, {
    ironicIP: config.network.ironicIP,
    network: config.bootstrap.network,
    ports: ironicPorts,
  });
  const kubeconfig = await bootstrap.build();
  await registerHosts(context, config, kubeconfig);
  const inner = returnStackName(stack);
  await writeManagementKubeconfig(inner, kubeconfig);
  await hostsAvailable.run(
    hostsAvailableInput.parse({
      kubeconfigPath: managementKubeconfigPath(inner),
      namespace: config.namespace,
      hosts: config.hosts.map(({ name }) => name),
      limitSeconds: config.timeouts.hostsAvailable,
    }),
    context,
  );
  await wipeHosts(context, input);
  await noteWiped(
    stack,
    config.hosts.map(({ name }) => name),
  );
  // From here on an interrupted release goes on as one whose objects were moved back.
  await switchToTarget(inner, kubeconfig, {
    clusterName: config.clusterName,
    pivotedAt: new Date().toISOString(),
  });
  return { bootstrap, kubeconfig };
}

/** Writes each host's registration, as the bring-up declares it, and its BMC's credentials. */
async function registerHosts(
  context: Context,
  { namespace, hosts }: RetireSettings["config"],
  kubeconfig: string,
): Promise<void> {
  const client = KubeClient.fromKubeconfig("bootstrap", kubeconfig, context.signal);
  for (const host of hosts) {
    const { username, password } = loginOf(context, host);
    const ref = { ...types.secret, namespace, name: `${host.name}-bmc` };
    const secret = {
      ...types.secret,
      metadata: { name: ref.name, namespace },
      type: "Opaque",
      data: { username: base64(username), password: base64(password) },
    };
    await waitFor(context, {
      what: `host ${host.name} to be registered on the bootstrap`,
      limitSeconds: registerSeconds,
      // The operator's webhook may not answer in its first seconds; that shows as a state.
      poll: async () => {
        await client.patch(ref, "apply", secret);
        await client.patch(
          { ...types.bareMetalHost, namespace, name: host.name },
          "apply",
          bareMetalHost(host, namespace),
        );
        return { done: true, value: undefined };
      },
      remedy: "look at the Bare Metal Operator on the bootstrap cluster",
    });
  }
  await client.close();
}

function base64(text: string): string {
  return Buffer.from(text, "utf8").toString("base64");
}
