import { ironicEndpoint } from "../../manifests/ironicSettings";
import { forgetBackups } from "../backup/store";
import { deleteKindCluster } from "../bootstrapTeardown/kindCluster";
import { ironicPorts, waitForSilence } from "../ironicHandover/waitForSilence";
import { pivotInput } from "../inputs/pivot";
import { ironicHandoverInput } from "../inputs/ironicHandover";
import { verb as ironicHandover } from "../ironicHandover/verb";
import { retireInput, type RetireResult, type RetireSettings } from "../inputs/retire";
import { removeJournal } from "../pivot/clusterJournal";
import { forgetPlan } from "../pivot/journal";
import { stopDeployment } from "../pivot/operator";
import { answersSoon } from "../pivot/survey";
import { verb as pivot } from "../pivot/verb";
import { runAlone } from "../shared/alone";
import { type Context, secret } from "../shared/context";
import { KubeClient } from "../shared/kube/client";
import { forgetManagement } from "../shared/managementKubeconfig";
import { endOrphans } from "../shared/stateFolder";
import { defineVerb } from "../shared/verb";
import { BootstrapAgain, returnIsBegun } from "./bootstrapAgain";
import { type Ends, findEnds, patienceSeconds } from "./ends";
import { forgetRelease, imageGone, type LastSeen, noteLastSeen, noteReleased, readLastSeen } from "./journal";
import { forceOff, powerStates } from "./power";
import { recoverHosts } from "./recover";
import { holdsNothing, requireReleasable, requireReturnable } from "./refusals";
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
  secrets: ["SOURCE_KUBECONFIG", "IRONIC_CREDENTIALS", "BMC_CREDENTIALS", "BACKUP_KEY"],
  async run(input, context): Promise<RetireResult> {
    return runAlone(context, input.stack, context.verb, () => release(context, input));
  },
});

async function release(context: Context, input: RetireSettings): Promise<RetireResult> {
  await endOrphans(input.stack);
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
    case "released":
      await removeReturn(context, input);
      break;
    case "nowhere": {
      const { bootstrap, kubeconfig } = await recoverHosts(context, input, found.why);
      await releaseThere(context, input, kubeconfig);
      await bootstrap.remove();
      break;
    }
  }
  return prove(context, input);
}

const whereText = {
  bootstrap: "on the bootstrap cluster",
  both: "on both clusters: a pivot was interrupted",
  target: "on the cluster itself",
  return: "on the bootstrap cluster of an interrupted release",
  released: "gone: every host was released by an earlier attempt",
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
  if (await holdsNothing(client, input.config)) {
    // Ironic and the operator may not run yet, or be what the bring-up has failed at.
    context.progress("nothing was registered yet: there is nothing to be released");
  } else {
    await requireReleasable(client, input.config);
    if (await isStopped(client, ironicDeployment)) {
      context.progress("Ironic was handed over already; the bootstrap takes it back");
      await stopTargetIronic(context, input, ends);
      await waitForSilence(context, silenceScope(input));
    }
    await resumeSource(context, client, input.config);
  }
  await forgetMove(context, input, client, ends);
  await client.close();
  await releaseThere(context, input, kubeconfig);
}

/**
 * Forgets a move that was prepared: the objects stay where they are. An interrupted release would else be taken for a move that
 * has lost objects.
 */
async function forgetMove(
  context: Context,
  { stack, config }: RetireSettings,
  source: KubeClient,
  { facts, targetKubeconfig }: Ends,
): Promise<void> {
  await forgetPlan(stack);
  await removeJournal(source, config);
  if (targetKubeconfig !== undefined && facts.targetAnswers) {
    const target = KubeClient.fromKubeconfig("target", targetKubeconfig, context.signal);
    await removeJournal(target, config);
    await target.close();
  }
}

/**
 * Stops the Ironic of a target whose objects are still on the bootstrap. One that does not answer is switched off with its
 * hosts, which are to be wiped anyway: an Ironic on it could not be stopped in another way.
 */
async function stopTargetIronic(context: Context, input: RetireSettings, ends: Ends): Promise<void> {
  if (ends.targetKubeconfig === undefined) {
    return;
  }
  await KubeClient.use("target", ends.targetKubeconfig, context.signal, async (target) => {
    if (ends.facts.targetAnswers || (await answersSoon(context, target, patienceSeconds))) {
      await stopDeployment(context, target, ironicDeployment);
    } else {
      context.progress("the target does not answer: switching the hosts off, lest its Ironic runs on");
      await forceOff(context, input.config.hosts);
    }
  });
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
    pivotInput.parse({
      stack,
      namespace: config.namespace,
      clusterName: config.clusterName,
      ironicEndpoint: ironicEndpoint(config.network),
    }),
    inner,
  );
}

/** Builds a bootstrap cluster, moves everything there, and releases the machines from it. */
async function moveBackAndRelease(
  context: Context,
  input: RetireSettings,
  targetKubeconfig: string,
): Promise<void> {
  const bootstrap = await BootstrapAgain.open(context, input.stack, input.config, targetKubeconfig);
  if (!(await bootstrap.isBegun())) {
    await makeRoomForReturn(context, input, targetKubeconfig);
  }
  const kubeconfig = await bootstrap.build();
  await releaseThere(context, input, kubeconfig);
  await bootstrap.remove();
}

/**
 * Before a bootstrap cluster is built again: refuses when machines would not be released, and removes the bootstrap cluster of
 * the bring-up when it is there still.
 */
async function makeRoomForReturn(
  context: Context,
  { stack, config }: RetireSettings,
  targetKubeconfig: string,
): Promise<void> {
  await KubeClient.use("target", targetKubeconfig, context.signal, async (target) => {
    if (await requireReturnable(context, target, config)) {
      context.progress("the bootstrap cluster of the bring-up holds nothing any more");
      await deleteKindCluster(context, stack, config.bootstrap.name);
    }
  });
}

/** An earlier attempt has moved everything back, or registered it anew: the rest of the release. */
async function goOnReleasing(context: Context, input: RetireSettings): Promise<void> {
  const bootstrap = await BootstrapAgain.open(context, input.stack, input.config, undefined);
  await releaseThere(context, input, required(await bootstrap.kubeconfig()));
  await bootstrap.remove();
}

/** Removes what an earlier attempt has built, when nothing is left on it. */
async function removeReturn(context: Context, input: RetireSettings): Promise<void> {
  if (await returnIsBegun(input.stack)) {
    const bootstrap = await BootstrapAgain.open(context, input.stack, input.config, undefined);
    await bootstrap.remove();
  }
}

/** Releases every host of a cluster, and then stops its Ironic. */
async function releaseThere(context: Context, input: RetireSettings, kubeconfig: string): Promise<void> {
  const client = KubeClient.fromKubeconfig("bootstrap", kubeconfig, context.signal);
  await requireReleasable(client, input.config);
  await releaseHosts(context, client, input.config, (hosts) => noteLastSeen(input.stack, hosts));
  await stopDeployment(context, client, ironicDeployment);
  await client.close();
  await noteReleased(input.stack);
}

/** Switches off what the operator has given up, or was not asked to switch off: hosts in their registration, for instance. */
async function switchOffTheRest(context: Context, input: RetireSettings, seen: LastSeen): Promise<void> {
  const power = await powerStates(context, input.config.hosts);
  const on = input.config.hosts.filter(({ name }) => name in seen && power.get(name) === "on");
  if (on.length > 0) {
    context.progress(`still on: ${on.map(({ name }) => name).join(", ")}; switching off through the BMC`);
    await forceOff(context, on);
  }
}

/** What can be seen from outside of the release, in a table that is kept as a file. */
async function prove(context: Context, input: RetireSettings): Promise<RetireResult> {
  const { stack, config } = input;
  const probes = await waitForSilence(context, silenceScope(input));
  const seen = await readLastSeen(stack);
  await switchOffTheRest(context, input, seen);
  const power = await powerStates(context, config.hosts);
  const hosts = config.hosts.map(({ name }) => ({
    name,
    power: power.get(name) ?? "unknown",
    lastState: seen[name]?.state ?? "not registered",
    imageGone: imageGone(seen[name]),
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
  await Promise.all([forgetManagement(stack), forgetRelease(stack), forgetBackups(stack)]);
  reportLines(report).forEach((line) => context.progress(line));
  return { hosts, endpoint, report: file };
}

function silenceScope({ config }: RetireSettings) {
  return { ironicIP: config.network.ironicIP, network: config.bootstrap.network, ports: ironicPorts };
}
