import type { PivotInput } from "../../inputs/pivot";
import { readInventory } from "../../inventory/read";
import { hostWebhookProbe, probeWebhook, webhookProbes } from "../../providersInit/webhooks";
import { type Context, pause } from "../../shared/context";
import { LifecycleFailure } from "../../shared/failure";
import type { KubeClient } from "../../shared/kube/client";
import { types } from "../../shared/kube/types";
import { waitFor } from "../../shared/waitFor";
import { assessGate, type GateSnapshot } from "./assess";
import { type Finding, findingLine } from "./findings";

/** The two ends of a move. */
export interface MoveEnds {
  readonly source: KubeClient;
  readonly target: KubeClient;
}

/** What the gate needs to know of the move. */
type GateInput = Pick<PivotInput, "namespace" | "clusterName" | "nodesOn">;

/** Reads all that the gate judges; writes nothing. */
export async function readGateSnapshot(
  { source, target }: MoveEnds,
  input: GateInput,
  resumed: boolean,
): Promise<GateSnapshot> {
  const { namespace, clusterName } = input;
  const probes = [...webhookProbes(namespace), hostWebhookProbe(namespace)];
  const [sourceInventory, targetInventory, sourceProviders, targetProviders, nodes, answers] =
    await Promise.all([
      readInventory(source, namespace, clusterName),
      readInventory(target, namespace, clusterName),
      source.list(types.provider),
      target.list(types.provider),
      (input.nodesOn === "source" ? source : target).list(types.node),
      Promise.all(probes.map((probe) => probeWebhook(target, probe))),
    ]);
  return {
    source: sourceInventory,
    target: targetInventory,
    sourceProviders,
    targetProviders,
    nodes,
    silentWebhooks: answers.filter((why) => why !== undefined),
    resumed,
  };
}

/**
 * Lets a move pass only when nothing speaks against it. Waits for what settles by itself, refuses at once what does not, and
 * names everything it has found.
 */
export async function passGate(
  context: Context,
  ends: MoveEnds,
  input: GateInput & {
    readonly limits: { readonly gate: number; readonly stability: number };
  },
  resumed: boolean,
): Promise<GateSnapshot> {
  let findings: Finding[] = [];
  const refuse = () =>
    new LifecycleFailure("the gate refuses the move; nothing has been touched", {
      evidence: findings.map(findingLine),
      remedy: "follow the remedies above and run again",
    });
  const [snapshot] = await Promise.all([
    waitFor(context, {
      what: "everything to be steady before the move",
      limitSeconds: input.limits.gate,
      intervalSeconds: 2,
      poll: async () => {
        const read = await readGateSnapshot(ends, input, resumed);
        findings = assessGate(read);
        const errors = findings.filter(({ severity }) => severity === "error");
        if (errors.some(({ transient }) => !transient)) {
          throw refuse();
        }
        return errors.length === 0
          ? { done: true, value: read }
          : { done: false, state: errors.map(({ object, reason }) => `${object} ${reason}`).join("; ") };
      },
      evidence: () => Promise.resolve(findings.map(findingLine)),
      remedy: "nothing has been touched; follow the remedies above and run again",
    }),
    ...[ends.source, ends.target].map((client) => requireStability(context, client, input.limits.stability)),
  ]);
  findings
    .filter(({ severity }) => severity === "warning")
    .forEach((finding) => context.progress(findingLine(finding)));
  return snapshot;
}

/** An API server that blinks now is one that drops a write later. */
async function requireStability(context: Context, client: KubeClient, seconds: number): Promise<void> {
  const until = Date.now() + seconds * 1000;
  let checks = 0;
  while (Date.now() < until) {
    checks++;
    if (!(await client.isReady())) {
      throw new LifecycleFailure(`the API server of the ${client.name} did not answer check ${checks}`, {
        remedy: "nothing has been touched; find out why it is not stable and run again",
      });
    }
    await pause(context, 0.2);
  }
}
