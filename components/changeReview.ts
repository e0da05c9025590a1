import * as pulumi from "@pulumi/pulumi";
import type { ClusterConfig } from "../config/clusterConfig";
import { ConfigurationError } from "../config/problem";
import { readRunningCluster } from "../lifecycle/changes/read";
import { reviewChange } from "../lifecycle/changes/review";
import { readPivotMarker } from "../lifecycle/shared/managementKubeconfig";
import { targetClusterObjects } from "../manifests/targetCluster";
import { restoredAccess } from "./restoredAccess";

/**
 * Compares the configuration with the cluster that runs, if there is one, in previews too. What would lose a host or cannot be
 * done is refused before anything is changed; what writes hosts anew, or frees them, is told, and the hosts are named.
 *
 * @returns What resolves when there is nothing to refuse. Else the program ends with a message that names every refusal.
 */
export function changeReview(stack: string, config: ClusterConfig): pulumi.Output<void> {
  return restoredAccess(stack, config.clusterName).apply(async () => {
    const preview = pulumi.runtime.isDryRun();
    const found = await readRunningCluster(stack, config, preview ? 10 : 60);
    if (found === undefined) return;
    if ("unreachable" in found) {
      const text = `The cluster that holds the hosts does not answer (${found.unreachable})`;
      if (preview || (await readPivotMarker(stack)) === undefined) {
        tell(`${text}: what this change would do to them cannot be told.`);
        return;
      }
      return refuse(
        `${text}: nothing was changed, since hosts in use could be lost unseen. ` +
          "Bring its API server back, then run this again; `pulumi destroy` needs no answer from it.",
      );
    }
    const { refusals, notes } = reviewChange(config, targetClusterObjects(config), found);
    if (refusals.length > 0) return refuse(new ConfigurationError(refusals).message);
    for (const note of notes) tell(note);
  });
}

/** By which a program tells Pulumi's language host that it has said why it ends. */
const endedWithMessage = 32;

/**
 * Ends the program. An error that is thrown would reach every resource, since all wait for the review, and Pulumi describes each
 * of them with all that it refers to: half a minute and gigabytes.
 */
async function refuse(text: string): Promise<never> {
  await pulumi.log.error(text);
  process.exit(endedWithMessage);
}

/**
 * Not waited for: Pulumi sends messages one after another, and one about a resource waits for that resource, which may wait for
 * this review.
 */
function tell(text: string): void {
  void pulumi.log.warn(text);
}
