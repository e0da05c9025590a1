import fs from "node:fs/promises";
import os from "node:os";
import { temporaryFolderPrefix } from "../../providers/kind/cluster";
import { clusterContainers } from "../../providers/kind/containers";
import { deleteKindCluster } from "../bootstrapTeardown/kindCluster";
import { remainsInput, type RemainsResult } from "../inputs/remains";
import { endOrphansIn } from "../shared/orphans";
import { endOrphans, stateFolder } from "../shared/stateFolder";
import { defineVerb } from "../shared/verb";

/**
 * `remains`: the last that `pulumi destroy` does. A run that was killed leaves what no state knows of: a kind cluster half made,
 * programs and their temporary files. Only what bears the stack's own mark is removed.
 */
export const verb = defineVerb({
  input: remainsInput,
  async run({ stack, kindName, kindOwner }, context): Promise<RemainsResult> {
    await endOrphans(stack);
    await endOrphansIn(os.tmpdir(), temporaryFolderPrefix);
    const containers = await clusterContainers(kindName, { signal: context.signal });
    const cluster = containers.some(({ owner }) => owner === kindOwner);
    if (cluster) {
      context.progress(`an interrupted run has left the kind cluster ${kindName}`);
      await deleteKindCluster(context, stack, kindName);
    }
    for (const folder of [`${stateFolder(stack)}/tmp`, stateFolder(stack)]) {
      // One that is not empty holds what somebody still needs.
      await fs.rmdir(folder).catch(() => undefined);
    }
    return { cluster };
  },
});
