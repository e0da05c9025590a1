import pMap from "p-map";
import { moveLabel, refOf } from "../../inventory/graph";
import { type Inventory, readInventory } from "../../inventory/read";
import { type Context, pause } from "../../shared/context";
import { LifecycleFailure } from "../../shared/failure";
import type { KubeClient } from "../../shared/kube/client";
import { describe, type KubeObject } from "../../shared/kube/objects";
import { waitFor } from "../../shared/waitFor";
import { assessGate } from "./assess";
import { blindSpots } from "./blindSpots";
import { unownedObjects } from "./checks/staying";
import { clusterNodes, type GateFacts } from "./facts";
import { type Finding, findingLine } from "./findings";
import { type GateInput, GateReader, type MoveEnds, scopeOf } from "./read";

/** What has passed the gate. */
export interface Passed {
  readonly source: Inventory;
  /** Nodes of the moved cluster. */
  readonly nodes: readonly KubeObject[];
}

/**
 * Lets a move pass only when nothing speaks against it. Waits for what settles by itself, refuses at once what does not, and
 * names everything it has found. Where the stack says so, it then labels what would stay behind.
 */
export async function passGate(
  context: Context,
  ends: MoveEnds,
  input: GateInput & {
    readonly limits: { readonly gate: number; readonly stability: number };
  },
  resumed: boolean,
): Promise<Passed> {
  let findings: Finding[] = [];
  const refuse = () =>
    new LifecycleFailure("the gate refuses the move; nothing has been touched", {
      evidence: findings.map(findingLine),
      remedy: "follow the remedies above and run again",
    });
  const scope = scopeOf(input, { occasion: "move", resumed });
  const reader = new GateReader(ends, context.signal);
  const [facts] = await Promise.all([
    waitFor(context, {
      what: "everything to be steady before the move",
      limitSeconds: input.limits.gate,
      intervalSeconds: 2,
      poll: async () => {
        const read = await reader.read(scope);
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
  findings.forEach((finding) => context.progress(findingLine(finding)));
  blindSpots(facts).forEach((spot) => context.progress(`not seen by the gate: ${spot}`));
  return {
    source:
      scope.unownedObjects === "label"
        ? await takeAlong(context, ends.source, facts)
        : facts.source.inventory,
    nodes: clusterNodes(facts) ?? [],
  };
}

/** Labels the secrets and config maps that would stay behind, and reads again what moves now. */
async function takeAlong(context: Context, source: KubeClient, facts: GateFacts): Promise<Inventory> {
  const { inventory } = facts.source;
  const objects = unownedObjects(facts);
  if (objects.length === 0) {
    return inventory;
  }
  await pMap(
    objects,
    (object) => source.patch(refOf(object), "merge", { metadata: { labels: { [moveLabel]: "" } } }),
    { concurrency: 8 },
  );
  context.progress(`labelled, so that they move: ${objects.map(describe).join(", ")}`);
  const { namespace, clusterName } = facts.scope;
  return readInventory(source, namespace, clusterName, inventory.definitions);
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
