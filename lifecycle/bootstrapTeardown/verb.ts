import { bootstrapTeardownInput, type BootstrapTeardownResult } from "../inputs/bootstrapTeardown";
import { readInventory } from "../inventory/read";
import { assessArrival } from "../pivot/arrival";
import { classify } from "../pivot/classify";
import { readJournal } from "../pivot/clusterJournal";
import { closeSource, deleteMovedFromSource } from "../pivot/finishForward";
import { readPlan } from "../pivot/journal";
import { choosePlan, type MovePlan } from "../pivot/plan";
import { answersSoon, sideOf } from "../pivot/survey";
import { secret } from "../shared/context";
import { LifecycleFailure } from "../shared/failure";
import { KubeClient } from "../shared/kube/client";
import { types } from "../shared/kube/types";
import { defineVerb } from "../shared/verb";
import { waitFor } from "../shared/waitFor";
import { deleteKindCluster, kindClusters } from "./kindCluster";

/** For what settles by itself after a pivot that was verified before. */
const settleSeconds = 120;
/** Minutes for which a plan is compared after it was verified: later, changes of it are the user's. */
const planMinutes = 60;

/** `bootstrap-teardown`: deletes the bootstrap cluster, when the target is found, once more, to own everything. */
export const verb = defineVerb({
  input: bootstrapTeardownInput,
  secrets: ["SOURCE_KUBECONFIG", "TARGET_KUBECONFIG"],
  async run(input, context): Promise<BootstrapTeardownResult> {
    const { kindName, namespace, clusterName } = input;
    if (!(await kindClusters(context)).includes(kindName)) {
      context.progress(`there is no kind cluster ${kindName}`);
      return { deleted: false };
    }
    const client = (name: string, variable: string) =>
      KubeClient.fromKubeconfig(name, secret(context, variable), context.signal);
    const source = client("bootstrap", "SOURCE_KUBECONFIG");
    const target = client("target", "TARGET_KUBECONFIG");
    if (!(await answersSoon(context, source, 60))) {
      throw new LifecycleFailure(`the kind cluster ${kindName} exists, but its API server does not answer`, {
        remedy: `find out whether it still holds objects; if the target has them all, run \`kind delete cluster --name ${kindName}\` by hand`,
      });
    }
    const planned = stillComparable(
      choosePlan([
        await readPlan(input.stack, clusterName),
        await readJournal(target, { namespace, clusterName }),
      ]),
    );
    await waitFor(context, {
      what: "the proof that the target owns everything",
      limitSeconds: settleSeconds,
      intervalSeconds: 2,
      poll: async () => {
        const [left, arrived, nodes] = await Promise.all([
          readInventory(source, namespace, clusterName),
          readInventory(target, namespace, clusterName),
          target.list(types.node),
        ]);
        // A source that did not answer when the pivot ended may have kept what it was to lose.
        if (classify(sideOf(left), sideOf(arrived)).phase === "deletion-begun") {
          await closeSource(context, source, left);
          await deleteMovedFromSource(context, source, left, arrived.keys);
          return { done: false, state: "the bootstrap cluster still held objects, which were deleted there" };
        }
        const reasons = assessArrival({ source: left, target: arrived, nodes, planned });
        return reasons.length === 0
          ? { done: true, value: undefined }
          : { done: false, state: reasons.join("; ") };
      },
      remedy: "the bootstrap cluster is kept; mend what is named above and run `pulumi up` again",
    });
    await Promise.all([source.close(), target.close()]);
    await deleteKindCluster(context, input.stack, kindName);
    return { deleted: true };
  },
});

function stillComparable(plan: MovePlan | undefined): MovePlan | undefined {
  return plan?.verifiedAt !== undefined && Date.now() - Date.parse(plan.verifiedAt) > planMinutes * 60_000
    ? undefined
    : plan;
}
