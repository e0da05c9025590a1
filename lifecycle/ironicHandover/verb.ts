import type { z } from "zod";
import { ironicHandoverInput, type IronicHandoverResult } from "../inputs/ironicHandover";
import { podsOf, stopDeployment } from "../pivot/operator";
import { answersSoon } from "../pivot/survey";
import { type Context, secret } from "../shared/context";
import { LifecycleFailure } from "../shared/failure";
import { askIronic, credentialsFrom, ironicEndpoint } from "../shared/ironicApi";
import { KubeClient } from "../shared/kube/client";
import { types } from "../shared/kube/types";
import { readPivotMarker } from "../shared/managementKubeconfig";
import { defineVerb } from "../shared/verb";
import { waitFor } from "../shared/waitFor";
import { waitForSilence } from "./waitForSilence";

type Settings = z.output<typeof ironicHandoverInput>;

/** `ironic-handover`: stops the source's Ironic and proves that nobody answers in its place. */
export const verb = defineVerb({
  input: ironicHandoverInput,
  secrets: ["SOURCE_KUBECONFIG", "IRONIC_CREDENTIALS"],
  optionalSecrets: ["TARGET_KUBECONFIG"],
  async run(input, context): Promise<IronicHandoverResult> {
    const source = KubeClient.fromKubeconfig("source", secret(context, "SOURCE_KUBECONFIG"), context.signal);
    const targetRuns = await targetRunsIronic(context, input);
    const stopped = await stopSource(context, source, input, targetRuns);
    const stoppedAt = new Date().toISOString();
    await source.close();
    if (targetRuns !== false && (await answersOurCredentials(context, input))) {
      // The source's pods are gone, so this is the target's.
      context.progress(`the target's Ironic answers at ${input.ironicIP}; nothing is left to hand over`);
      return {
        alreadyHandedOver: true,
        stoppedAt,
        silentAt: stoppedAt,
        probes: { address: "not possible: already handed over", dhcp: "not possible: already handed over" },
      };
    }
    if (stopped === "gone") {
      context.progress("the source cluster is gone, and no Ironic answers at the endpoint");
    }
    const probes = await waitForSilence(context, input);
    for (const [probe, result] of Object.entries(probes)) {
      context.progress(`${probe}: ${result}`);
    }
    return { alreadyHandedOver: false, stoppedAt, silentAt: new Date().toISOString(), probes };
  },
});

/** Whether pods of the Ironic stack are on the target; undefined when the target is not known. */
async function targetRunsIronic(context: Context, input: Settings): Promise<boolean | undefined> {
  const kubeconfig = context.secrets.TARGET_KUBECONFIG;
  if (kubeconfig === undefined) {
    return undefined;
  }
  const target = KubeClient.fromKubeconfig("target", kubeconfig, context.signal);
  const pods = await waitFor(context, {
    what: "the target's API server",
    limitSeconds: 120,
    poll: async () => {
      const deployments = await Promise.all(
        input.deployments.map((name) =>
          target.find({ ...types.deployment, namespace: input.namespace, name }),
        ),
      );
      const found = await Promise.all(
        deployments
          .filter((deployment) => deployment !== undefined)
          .map((deployment) => podsOf(target, deployment)),
      );
      return { done: true, value: found.flat() };
    },
    remedy: "Ironic is not taken from the source while the target does not answer",
  });
  await target.close();
  return pods.length > 0;
}

async function answersOurCredentials(context: Context, input: Settings): Promise<boolean> {
  const endpoint = ironicEndpoint(input.ironicIP, input.apiPort);
  return (await askIronic(endpoint, credentialsFrom(context), context.signal)).kind === "answers";
}

/** Stops the source's Ironic stack. "gone" when the source does not exist any more. */
async function stopSource(
  context: Context,
  source: KubeClient,
  input: Settings,
  targetRuns: boolean | undefined,
): Promise<"stopped" | "gone"> {
  if (await answersSoon(context, source)) {
    for (const name of input.deployments) {
      await stopDeployment(context, source, { ...types.deployment, namespace: input.namespace, name });
    }
    return "stopped";
  }
  if (targetRuns || (await readPivotMarker(input.stack))) {
    return "gone";
  }
  throw new LifecycleFailure("the source's API server does not answer, so its Ironic cannot be stopped", {
    remedy:
      "bring the source cluster back, or, if it is gone for good, make sure that nobody holds the endpoint address and destroy the stack",
  });
}
