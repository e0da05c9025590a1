import { stopDeployment } from "../pivot/operator";
import { errorText, LifecycleFailure } from "../shared/failure";
import { awaitIronic, startIronic } from "./start";
import { forgetLost, type Handover } from "./ends";
import { mayPutBack, type Sides } from "./turn";
import { waitForSilence } from "./waitForSilence";

/**
 * Runs what starts the target's Ironic. Where it fails before anything has begun to move, the target's is stopped and proved
 * silent, the source's runs again and answers, and the failure says so. A program that is told to stop puts nothing back: the
 * next run finds what is there and goes on.
 */
export async function orPutBack<T>(
  handover: Handover,
  sides: Sides,
  startTarget: () => Promise<T>,
): Promise<T> {
  const { context } = handover;
  try {
    return await startTarget();
  } catch (error) {
    context.signal.throwIfAborted();
    if (!mayPutBack(sides)) {
      throw error;
    }
    throw await putBack(handover, error);
  }
}

async function putBack(handover: Handover, cause: unknown): Promise<LifecycleFailure> {
  const { context, target, source, deployment, input } = handover;
  context.progress(`${errorText(cause)}`);
  context.progress("the target's Ironic did not come up: putting the source's back");
  const { evidence, remedy } =
    cause instanceof LifecycleFailure ? cause : { evidence: [], remedy: undefined };
  try {
    await waitForSilence(context, input, { stopping: stopDeployment(context, target, deployment) });
    await startIronic(handover, source);
    await awaitIronic(handover, source);
    await forgetLost(handover);
  } catch (error) {
    context.signal.throwIfAborted();
    return new LifecycleFailure(
      `${errorText(cause)}. The source's Ironic could not be put back either: ${errorText(error)}`,
      {
        evidence: [...evidence, ...(error instanceof LifecycleFailure ? error.evidence : [])],
        remedy: `nothing was moved. ${remedy ?? "mend the target's Ironic"}; then run again: it goes on from what it finds`,
      },
    );
  }
  context.progress(`the source's Ironic answers at ${handover.endpoint} again`);
  return new LifecycleFailure(
    `${errorText(cause)}. The source's Ironic was put back and answers; nothing was moved`,
    { evidence, remedy: `${remedy ?? "mend the target's Ironic"}; then run again: it is handed over anew` },
  );
}
