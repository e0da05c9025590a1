import { ironicHandoverInput, type HandoverGap, type IronicHandoverResult } from "../inputs/ironicHandover";
import { stopDeployment } from "../pivot/operator";
import { LifecycleFailure } from "../shared/failure";
import { askIronic } from "../shared/ironicApi";
import { describe } from "../shared/kube/objects";
import { defineVerb } from "../shared/verb";
import {
  closeHandover,
  type Handover,
  lookAtSides,
  nodeAddresses,
  noteLost,
  openHandover,
  readLost,
} from "./ends";
import { AnswerWatch, measureGap } from "./gap";
import { knownNeighbour } from "./neighbours";
import { onLinkInterface } from "./probes";
import { orPutBack } from "./putBack";
import type { KnownOwners } from "./silence";
import { awaitIronic, startIronic } from "./start";
import { decideTurn, type Sides } from "./turn";
import { waitForSilence } from "./waitForSilence";

/**
 * `ironic-handover`: stops the source's Ironic, proves that nobody answers in its place, and starts the target's. Where that
 * does not come up, the source's is put back. Run again after an interruption, it goes on from what it finds.
 */
export const verb = defineVerb({
  input: ironicHandoverInput,
  secrets: ["SOURCE_KUBECONFIG", "TARGET_KUBECONFIG", "IRONIC_CREDENTIALS"],
  async run(input, context): Promise<IronicHandoverResult> {
    const handover = openHandover(context, input);
    try {
      const sides = await lookAtSides(handover);
      const result = await takeTurn(handover, sides);
      context.progress(
        result.gap
          ? `Ironic answers at ${handover.endpoint} on the target; the endpoint was without for ${gapText(result.gap)}`
          : `Ironic answers at ${handover.endpoint} on the target`,
      );
      return result;
    } finally {
      await closeHandover(handover);
    }
  },
});

async function takeTurn(handover: Handover, sides: Sides): Promise<IronicHandoverResult> {
  const { context, source, target, deployment } = handover;
  switch (decideTurn(sides)) {
    case "target-absent":
      throw new LifecycleFailure(`there is no ${describe(deployment)} on the target`, {
        remedy: "the target's Ironic stack is laid down before the hand-over: run `pulumi up` again",
      });
    case "source-unknown":
      throw new LifecycleFailure("the source's API server does not answer, so its Ironic cannot be stopped", {
        remedy:
          "bring the source cluster back, or, if it is gone for good, make sure that nobody holds the endpoint address and destroy the stack",
      });
    case "stop-source":
      context.progress("the source's Ironic runs beside the target's, which has its hosts: stopping it");
      await stopDeployment(context, source, deployment);
      return awaitTarget(handover, sides);
    case "await":
      return awaitTarget(handover, sides);
    case "stop-both":
      context.progress(
        "both clusters' Ironics run, and only the source has hosts: stopping the target's first",
      );
      await stopDeployment(context, target, deployment);
      return handOver(handover, sides);
    case "hand-over":
    case "start":
      return handOver(handover, sides);
  }
}

/** The target has the endpoint already. */
async function awaitTarget(handover: Handover, sides: Sides): Promise<IronicHandoverResult> {
  const { context, target } = handover;
  context.progress("the target's Ironic was started already");
  await orPutBack(handover, sides, () => awaitIronic(handover, target));
  const done = "not possible: already handed over" as const;
  return {
    alreadyHandedOver: true,
    probes: { address: done, dhcp: done },
    gap: previousGap(context.previousResult),
  };
}

/** The whole way, or the rest of it where the source's Ironic is stopped already. */
async function handOver(handover: Handover, sides: Sides): Promise<IronicHandoverResult> {
  const { context, input, source, target, deployment, endpoint, credentials } = handover;
  const reachable = sides.source !== "unreachable";
  const known = await knownOwners(handover, sides);
  const watch = AnswerWatch.start(context, endpoint, credentials);
  try {
    let lostAt = reachable && sides.source === "stopped" ? await readLost(handover) : undefined;
    if (sides.source === "runs") {
      await noteLost(handover);
      lostAt = Date.now();
    }
    let goneAt = Date.now();
    const stopping = reachable
      ? stopDeployment(context, source, deployment).then(() => {
          goneAt = Date.now();
        })
      : Promise.resolve();
    const probes = await waitForSilence(context, input, { stopping, known });
    const silentAt = Date.now();
    watch.stop();
    lostAt = watch.lastAnsweredAt ?? lostAt;
    for (const [probe, result] of Object.entries(probes)) {
      context.progress(`${probe}: ${result}`);
    }
    const answeredAt = await orPutBack(handover, sides, async () => {
      await startIronic(handover, target);
      return awaitIronic(handover, target);
    });
    const gap = measureGap({ lostAt, goneAt, silentAt, answeredAt });
    return { alreadyHandedOver: false, probes, gap: gap ?? null };
  } finally {
    watch.stop();
  }
}

/** Who may be heard until the source's Ironic is stopped. */
async function knownOwners(handover: Handover, sides: Sides): Promise<KnownOwners> {
  const { context, input, source, target, endpoint, credentials } = handover;
  const servers = await nodeAddresses(sides.source === "unreachable" ? [target] : [source, target]);
  const link = onLinkInterface(input.ironicIP);
  const isSource =
    sides.source === "runs" &&
    sides.target === "stopped" &&
    (await askIronic(endpoint, credentials, context.signal)).kind === "answers";
  // The connection has just made the kernel learn it.
  const mac = isSource && link ? await knownNeighbour(context, input.ironicIP, link) : undefined;
  return { servers, mac };
}

function gapText({ seconds, stopping, silence, starting }: HandoverGap): string {
  return `${seconds} s (stopping ${stopping} s, silence ${silence} s, starting ${starting} s)`;
}

/** The gap that an earlier run has measured. */
function previousGap(previousResult: string | undefined): HandoverGap | null {
  try {
    const { gap } = JSON.parse(previousResult ?? "{}") as { gap?: HandoverGap | null };
    return gap ?? null;
  } catch {
    return null;
  }
}
