import path from "node:path";
import type { Context } from "../shared/context";
import { withTemporaryFolder } from "../shared/stateFolder";
import { lastLines, runTool } from "../shared/tools";
import { waitFor } from "../shared/waitFor";

/** Seconds for kind to remove the cluster's containers, tries included. */
const deleteSeconds = 120;

/** Names of the kind clusters on this machine. */
export async function kindClusters(context: Context): Promise<string[]> {
  const { stdout } = await runTool(context, "kind", ["get", "clusters", "--quiet"], { limitSeconds: 60 });
  return stdout.split("\n").map((line) => line.trim());
}

/** Deletes a kind cluster and proves that no container of it is left. */
export async function deleteKindCluster(context: Context, stack: string, name: string): Promise<void> {
  context.progress(`deleting the kind cluster ${name}`);
  context.activity = `deleting the kind cluster ${name}`;
  // kind takes the cluster out of a kubeconfig; it gets one of its own, so that the user's stays as it is.
  await withTemporaryFolder(stack, (folder) =>
    waitFor(context, {
      what: `the kind cluster ${name} to be deleted`,
      limitSeconds: deleteSeconds,
      intervalSeconds: 2,
      remedy: "look at its containers, and run again",
      poll: async () => {
        // On a busy machine the engine gives up on a container that does not end in time; the next try finds it ended.
        const { output } = await runTool(
          context,
          "kind",
          ["delete", "cluster", "--name", name, "--kubeconfig", path.join(folder, "kubeconfig")],
          { onLine: (line) => context.progress(line), allowFailure: true },
        );
        return (await kindClusters(context)).includes(name)
          ? { done: false, state: lastLines(output, 1).join("") || "still there" }
          : { done: true, value: undefined };
      },
    }),
  );
}
