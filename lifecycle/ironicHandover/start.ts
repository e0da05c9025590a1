import { isDeploymentReady } from "../providersInit/managers";
import { podsOf, selectorOf } from "../pivot/operator";
import { LifecycleFailure } from "../shared/failure";
import { askIronic } from "../shared/ironicApi";
import type { KubeClient } from "../shared/kube/client";
import { podEvidence, unreadyPods } from "../shared/kube/evidence";
import { describe } from "../shared/kube/objects";
import { waitFor } from "../shared/waitFor";
import type { Handover } from "./ends";

/** Seconds between two looks while nobody answers: the accuracy of the gap's end. */
const lookSeconds = 0.25;

/** Gives a cluster's Ironic its one pod. */
export async function startIronic({ context, deployment }: Handover, client: KubeClient): Promise<void> {
  context.progress(`starting ${describe(deployment)} on the ${client.name}`);
  await client.patch(deployment, "merge", { spec: { replicas: 1 } });
}

/**
 * Waits until a cluster's Ironic answers at the endpoint with the credentials, and not without, and its pod is the one that
 * is declared and ready.
 *
 * @returns When it answered first (milliseconds since the epoch).
 * @throws LifecycleFailure when it does not in its limit.
 */
export async function awaitIronic(handover: Handover, client: KubeClient): Promise<number> {
  const { context, input, deployment, endpoint, credentials } = handover;
  let answeredAt: number | undefined;
  return waitFor(context, {
    what: `the ${client.name}'s Ironic at ${endpoint}`,
    limitSeconds: input.startSeconds,
    intervalSeconds: lookSeconds,
    poll: async () => {
      const answer = await askIronic(endpoint, credentials, context.signal);
      if (answer.kind === "open") {
        throw new LifecycleFailure(`Ironic at ${endpoint} answers without credentials`, {
          remedy: "its pod must have IRONIC_HTPASSWD; anybody on the provisioning network can wipe hosts now",
        });
      }
      if (answer.kind === "answers") {
        answeredAt ??= Date.now();
      }
      const found = await client.get(deployment);
      if (answer.kind === "answers" && answeredAt !== undefined && isDeploymentReady(found)) {
        return { done: true, value: answeredAt };
      }
      const pods = unreadyPods(await podsOf(client, found)).join("; ") || "no pod that is not ready";
      return { done: false, state: `${answerText[answer.kind](answer)}; ${pods}` };
    },
    // The operator's pods are in the same namespace.
    evidence: async () =>
      podEvidence(client, input.namespace, {
        labelSelector: selectorOf(await client.get(deployment)),
        logLines: 12,
      }),
    remedy: `look at namespace ${input.namespace} of the ${client.name}; the endpoint address must be free on the provisioning network and its interface be there, and HTTP 401 or 403 means other credentials than the stack's`,
  });
}

type Answer = Awaited<ReturnType<typeof askIronic>>;

const answerText: { readonly [Kind in Answer["kind"]]: (answer: Answer) => string } = {
  answers: () => "the API answers",
  open: () => "the API answers everybody",
  refuses: (answer) =>
    `the API answers HTTP ${answer.kind === "refuses" ? answer.status : ""} to the stack's credentials`,
  unreachable: (answer) => `no API: ${answer.kind === "unreachable" ? answer.why : ""}`,
};
