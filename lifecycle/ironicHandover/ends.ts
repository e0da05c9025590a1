import type { z } from "zod";
import type { IronicCredentialsResult } from "../inputs/ironicCredentials";
import type { ironicHandoverInput } from "../inputs/ironicHandover";
import { readPlan } from "../pivot/journal";
import { podsOf } from "../pivot/operator";
import { answersSoon } from "../pivot/survey";
import { type Context, secret } from "../shared/context";
import { credentialsFrom, ironicEndpoint } from "../shared/ironicApi";
import { KubeClient } from "../shared/kube/client";
import { count, field, type ObjectRef, text } from "../shared/kube/objects";
import { types } from "../shared/kube/types";
import { readPivotMarker } from "../shared/managementKubeconfig";
import { waitFor } from "../shared/waitFor";
import type { IronicState, Sides } from "./turn";

/** Everything that the steps of one hand-over share. */
export interface Handover {
  readonly context: Context;
  readonly input: z.output<typeof ironicHandoverInput>;
  readonly source: KubeClient;
  readonly target: KubeClient;
  /** Deployment of the Ironic stack, the same on both. */
  readonly deployment: ObjectRef;
  readonly endpoint: string;
  readonly credentials: IronicCredentialsResult;
}

/** Annotation of the source's Deployment: since when the endpoint is without Ironic (ISO 8601), for a run that goes on. */
export const lostAtAnnotation = "metal3.pulumi.com/ironic-lost-at";

/** Opens the clients of both clusters. */
export function openHandover(context: Context, input: Handover["input"]): Handover {
  const client = (name: string, variable: string) =>
    KubeClient.fromKubeconfig(name, secret(context, variable), context.signal);
  return {
    context,
    input,
    source: client("source", "SOURCE_KUBECONFIG"),
    target: client("target", "TARGET_KUBECONFIG"),
    deployment: { ...types.deployment, namespace: input.namespace, name: input.deployment },
    endpoint: ironicEndpoint(input.ironicIP, input.apiPort),
    credentials: credentialsFrom(context),
  };
}

/** Lets go of the clients. */
export async function closeHandover({ source, target }: Handover): Promise<void> {
  await Promise.all([source.close(), target.close()]);
}

/** Looks at both clusters; writes nothing. */
export async function lookAtSides(handover: Handover): Promise<Sides> {
  const { context, input, source, target, deployment } = handover;
  const [plan, marker] = await Promise.all([
    input.clusterName === undefined ? undefined : readPlan(input.stack, input.clusterName),
    readPivotMarker(input.stack),
  ]);
  const moved = marker !== undefined;
  const moving = moved || plan !== undefined || input.clusterName === undefined;
  const targetState = await waitFor(context, {
    what: "the target's API server",
    limitSeconds: 120,
    poll: async () => ({ done: true, value: await stateOf(target, deployment) }),
    remedy: "Ironic is not taken from the source while the target does not answer",
  });
  // After the move the source is of no interest, and mostly gone.
  const patience = moved && targetState === "runs" ? 0 : undefined;
  const sourceState = (await answersSoon(context, source, patience))
    ? await stateOf(source, deployment)
    : "unreachable";
  return { source: sourceState, target: targetState, moving, moved };
}

async function stateOf(client: KubeClient, ref: ObjectRef): Promise<Exclude<IronicState, "unreachable">> {
  const deployment = await client.find(ref);
  if (!deployment) {
    return "absent";
  }
  if ((count(deployment, "spec", "replicas") ?? 1) > 0) {
    return "runs";
  }
  return (await podsOf(client, deployment)).length > 0 ? "runs" : "stopped";
}

/** Addresses that a DHCP server of either cluster may name as its own. */
export async function nodeAddresses(clients: readonly KubeClient[]): Promise<ReadonlySet<string>> {
  const lists = await Promise.all(clients.map((client) => client.list(types.node)));
  return new Set(
    lists.flat().flatMap((node) => {
      const addresses = field(node, "status", "addresses");
      return Array.isArray(addresses)
        ? addresses.map((entry) => text(entry, "address")).filter((address) => address !== undefined)
        : [];
    }),
  );
}

/** Notes on the source since when the endpoint is without Ironic; an earlier note stays. */
export async function noteLost({ source, deployment }: Handover): Promise<void> {
  const now = new Date().toISOString();
  await source.patch(deployment, "merge", { metadata: { annotations: { [lostAtAnnotation]: now } } });
}

/** What was noted, in milliseconds since the epoch. */
export async function readLost({ source, deployment }: Handover): Promise<number | undefined> {
  const noted = text(await source.find(deployment), "metadata", "annotations", lostAtAnnotation);
  const at = Date.parse(noted ?? "");
  return Number.isNaN(at) ? undefined : at;
}

/** Takes the note away: the source's Ironic is to run again. */
export async function forgetLost({ source, deployment }: Handover): Promise<void> {
  await source.patch(deployment, "merge", { metadata: { annotations: { [lostAtAnnotation]: null } } });
}
