import { retireCheckInput, type WhereaboutsSettings } from "../inputs/retire";
import { type Context, secret } from "../shared/context";
import { KubeClient } from "../shared/kube/client";
import { endOrphans } from "../shared/stateFolder";
import { defineVerb } from "../shared/verb";
import { returnIsBegun } from "./bootstrapAgain";
import { requireConsent } from "./consent";
import { type Ends, findEnds } from "./ends";
import { holdsNothing, requireReleasable, requireReturnable } from "./refusals";
import { locate } from "./whereabouts";

/**
 * `retire-check`: the first that `pulumi destroy` does. Asks what `retire` would refuse for, which comes when most of the
 * stack has left the state already, and refuses in its place as long as `pulumi up` can still go back. Writes nothing, and ends
 * what a killed run has left at work, since it could still write.
 */
export const verb = defineVerb({
  input: retireCheckInput,
  secrets: ["SOURCE_KUBECONFIG", "TARGET_KUBECONFIG", "BMC_CREDENTIALS"],
  async run(input, context): Promise<{ releasable: true }> {
    await endOrphans(input.stack);
    await check(context, input, await findEnds(context, input, secret(context, "TARGET_KUBECONFIG")));
    return { releasable: true };
  },
});

async function check(context: Context, input: WhereaboutsSettings, ends: Ends): Promise<void> {
  const found = locate(ends.facts);
  switch (found.at) {
    case "nowhere":
      return requireConsent(context, input, found.why);
    case "bootstrap":
      return KubeClient.use(
        "bootstrap",
        secret(context, "SOURCE_KUBECONFIG"),
        context.signal,
        async (client) => {
          if (!(await holdsNothing(client, input.config))) {
            await requireReleasable(client, input.config);
          }
        },
      );
    case "target":
      // A release that has begun to move the objects back goes on with it.
      if (ends.targetKubeconfig !== undefined && !(await returnIsBegun(input.stack))) {
        await KubeClient.use("target", ends.targetKubeconfig, context.signal, (client) =>
          requireReturnable(context, client, input.config),
        );
      }
      return;
    case "both":
      // Only a side that holds everything tells what its user has paused.
      if (ends.targetKubeconfig !== undefined && isWhole(ends)) {
        await KubeClient.use("target", ends.targetKubeconfig, context.signal, (client) =>
          requireReleasable(client, input.config),
        );
      }
      return;
    case "return":
    case "released":
      return;
  }
}

/** Whether a move that was not verified has left everything on the target. */
function isWhole({ facts }: Ends): boolean {
  return facts.phase === "moved-but-paused" || facts.phase === "done";
}
