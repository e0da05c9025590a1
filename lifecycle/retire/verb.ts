import { deleteKindCluster, kindClusters } from "../bootstrapTeardown/kindCluster";
import { ironicPorts, waitForSilence } from "../ironicHandover/waitForSilence";
import { pivotInput } from "../inputs/pivot";
import { ironicHandoverInput } from "../inputs/ironicHandover";
import { verb as ironicHandover } from "../ironicHandover/verb";
import { retireInput, type RetireResult, type RetireSettings } from "../inputs/retire";
import { stopDeployment } from "../pivot/operator";
import { verb as pivot } from "../pivot/verb";
import { type Context, secret } from "../shared/context";
import { KubeClient } from "../shared/kube/client";
import { forgetManagement } from "../shared/managementKubeconfig";
import { defineVerb } from "../shared/verb";
import { BootstrapAgain } from "./bootstrapAgain";
import { type Ends, findEnds } from "./ends";
import { forgetLastSeen, noteLastSeen, readLastSeen } from "./journal";
import { powerStates } from "./power";
import { recoverHosts } from "./recover";
import { releaseHosts } from "./releaseHosts";
import { reportLines, writeReport } from "./report";
import { ironicDeployment, isStopped, resumeSource } from "./sourceAgain";
import { locate } from "./whereabouts";

/**
 * `retire`: releases the machines wherever their objects are, and proves it: deprovisioned, wiped, switched off, no longer
 * registered, nobody at the Ironic endpoint. Interrupted, it goes on from what it finds.
 */
export const verb = defineVerb({
  input: retireInput,
  secrets: ["SOURCE_KUBECONFIG", "IRONIC_CREDENTIALS", "BMC_CREDENTIALS"],
  async run(input, context): Promise<RetireResult> {
    const ends = await findEnds(context, input);
    const found = locate(ends.facts);
    context.progress(
      `the objects are ${found.at === "nowhere" ? `out of reach: ${found.why}` : whereText[found.at]}`,
    );
    switch (found.at) {
      case "bootstrap":
        await releaseOnBootstrap(context, input, ends);
        break;
      case "both":
        await finishPivot(context, input, ends);
        await moveBackAndRelease(context, input, required(ends.targetKubeconfig));
        break;
      case "target":
        await moveBackAndRelease(context, input, required(ends.targetKubeconfig));
        break;
      case "return":
        await goOnReleasing(context, input);
        break;
      case "nowhere": {
        const { bootstrap, kubeconfig } = await recoverHosts(context, input, found.why);
        await releaseThere(context, input, kubeconfig);
        await bootstrap.remove();
        break;
      }
    }
    return prove(context, input);
  },
});

const whereText = {
  bootstrap: "on the bootstrap cluster",
  both: "on both clusters: a pivot was interrupted",
  target: "on the cluster itself",
  return: "on the bootstrap cluster of an interrupted release",
} as const;

function required(kubeconfig: string | undefined): string {
  if (kubeconfig === undefined) {
    throw new Error("a cluster that answers has a kubeconfig");
  }
  return kubeconfig;
}

/** The bring-up has not come to its pivot: its bootstrap cluster deprovisions the hosts. */
async function releaseOnBootstrap(context: Context, input: RetireSettings, ends: Ends): Promise<void> {
  const kubeconfig = secret(context, "SOURCE_KUBECONFIG");
  const client = KubeClient.fromKubeconfig("bootstrap", kubeconfig, context.signal);
  if (await isStopped(client, ironicDeployment)) {
    context.progress("Ironic was handed over already; the bootstrap takes it back");
    if (ends.targetKubeconfig !== undefined && ends.facts.targetAnswers) {
      const target = KubeClient.fromKubeconfig("target", ends.targetKubeconfig, context.signal);
      await stopDeployment(context, target, ironicDeployment);
      await target.close();
    }
    await waitForSilence(context, silenceScope(input));
  }
  await resumeSource(context, client, input.config);
  await client.close();
  await releaseThere(context, input, kubeconfig);
}

/** Ends a pivot that was interrupted, so that one side holds everything. */
async function finishPivot(context: Context, input: RetireSettings, ends: Ends): Promise<void> {
  const { config, stack } = input;
  const inner: Context = {
    ...context,
    progress: (line) => context.progress(line),
    secrets: {
      ...context.secrets,
      TARGET_KUBECONFIG: required(ends.targetKubeconfig),
    },
  };
  await ironicHandover.run(
    ironicHandoverInput.parse({
      stack,
      ironicIP: config.network.ironicIP,
      network: config.bootstrap.network,
    }),
    inner,
  );
  await pivot.run(
    pivotInput.parse({ stack, namespace: config.namespace, clusterName: config.clusterName }),
    inner,
  );
}

/** Builds a bootstrap cluster, moves everything there, and releases the machines from it. */
async function moveBackAndRelease(
  context: Context,
  input: RetireSettings,
  targetKubeconfig: string,
): Promise<void> {
  const { stack, config } = input;
  const bootstrap = await BootstrapAgain.open(context, stack, config, targetKubeconfig);
  if (!(await bootstrap.isBegun()) && (await kindClusters(context)).includes(config.bootstrap.name)) {
    context.progress("the bootstrap cluster of the bring-up holds nothing any more");
    await deleteKindCluster(context, stack, config.bootstrap.name);
  }
  const kubeconfig = await bootstrap.build();
  await releaseThere(context, input, kubeconfig);
  await bootstrap.remove();
}

/** An earlier attempt has moved everything back: the rest of the release. */
async function goOnReleasing(context: Context, input: RetireSettings): Promise<void> {
  const bootstrap = await BootstrapAgain.open(context, input.stack, input.config, undefined);
  const kubeconfig = await bootstrap.kubeconfig();
  if (kubeconfig !== undefined) {
    await releaseThere(context, input, kubeconfig);
  }
  await bootstrap.remove();
}

/** Releases every host of a cluster, and then stops its Ironic. */
async function releaseThere(context: Context, input: RetireSettings, kubeconfig: string): Promise<void> {
  const client = KubeClient.fromKubeconfig("bootstrap", kubeconfig, context.signal);
  await releaseHosts(context, client, input.config, (hosts) => noteLastSeen(input.stack, hosts));
  await stopDeployment(context, client, ironicDeployment);
  await client.close();
}

/** What can be seen from outside of the release, in a table that is kept as a file. */
async function prove(context: Context, input: RetireSettings): Promise<RetireResult> {
  const { stack, config } = input;
  const probes = await waitForSilence(context, silenceScope(input));
  const [power, seen] = await Promise.all([powerStates(context, config.hosts), readLastSeen(stack)]);
  const hosts = config.hosts.map(({ name }) => ({
    name,
    power: power.get(name) ?? "unknown",
    lastState: seen[name]?.state ?? "unknown",
    imageGone: seen[name]?.imageGone ?? false,
  }));
  const endpoint = Object.values(probes).find((result) => result !== "silent") ?? "silent";
  const report = {
    clusterName: config.clusterName,
    hosts,
    ironicIP: config.network.ironicIP,
    endpoint,
    finishedAt: new Date().toISOString(),
  };
  const file = await writeReport(stack, report);
  await Promise.all([forgetManagement(stack), forgetLastSeen(stack)]);
  reportLines(report).forEach((line) => context.progress(line));
  return { hosts, endpoint, report: file };
}

function silenceScope({ config }: RetireSettings) {
  return { ironicIP: config.network.ironicIP, network: config.bootstrap.network, ports: ironicPorts };
}
