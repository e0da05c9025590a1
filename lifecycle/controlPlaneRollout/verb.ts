import { ErrorWatch } from "../hosts/errorWatch";
import { hostFailure } from "../hosts/hostFailure";
import { hostLine } from "../hosts/hostState";
import { recoverHosts } from "../hosts/recovery";
import { controlPlaneRolloutInput, type ControlPlaneRolloutResult } from "../inputs/controlPlaneRollout";
import { clusterEvidence, machineLine } from "../machines/evidence";
import {
  type ClusterMachines,
  hostsThatCount,
  isControlPlane,
  isOutdated,
  unfinishedRollout,
} from "../machines/outdated";
import { readClusterMachines } from "../machines/read";
import { KubeClient } from "../shared/kube/client";
import { field } from "../shared/kube/objects";
import { defineVerb } from "../shared/verb";
import { waitFor } from "../shared/waitFor";

/**
 * `control-plane-rollout`: waits until every control plane machine is as its owner wants it and runs. A control plane that was
 * never up has nothing to replace: then there is nothing to wait for.
 */
export const verb = defineVerb({
  input: controlPlaneRolloutInput,
  async run(input, context): Promise<ControlPlaneRolloutResult> {
    const { namespace, clusterName } = input;
    const client = await KubeClient.fromFile("the management cluster", input.kubeconfigPath, context.signal);
    const watch = new ErrorWatch(input.patience);
    if (!isUp(await readClusterMachines(client, namespace, clusterName))) {
      await client.close();
      return { waited: false };
    }
    await recoverHosts(context, client, namespace, ({ consumer }) => consumer !== undefined);
    await waitFor(context, {
      what: `the control plane of ${clusterName} to be as it is wanted`,
      poll: async () => {
        const found = await readClusterMachines(client, namespace, clusterName);
        for (const host of hostsThatCount(found)) {
          if (watch.observe(host, Date.now())) {
            throw await hostFailure(context, client, namespace, host);
          }
        }
        const missing = assessControlPlane(found);
        return missing.length === 0
          ? { done: true, value: undefined }
          : { done: false, state: missing.join(" | ") };
      },
      evidence: () => clusterEvidence(client, namespace, clusterName),
      remedy:
        "the new machine needs a spare host, or three replicas so that an old one may go first; a host that joins no cluster tells why on its console",
    });
    await client.close();
    context.progress(`the control plane of ${clusterName} is as it is wanted`);
    return { waited: true };
  },
});

/** Whether the cluster has a control plane node. */
export function isUp({ machines }: ClusterMachines): boolean {
  return machines.some(
    (machine) => isControlPlane(machine) && field(machine, "status", "nodeRef") !== undefined,
  );
}

/** What the control plane lacks, one reason each; empty when it is as its owner wants it. */
export function assessControlPlane(found: ClusterMachines): string[] {
  const { controlPlane } = found;
  if (controlPlane === undefined) {
    return ["there is no KubeadmControlPlane"];
  }
  const machines = found.machines.filter(isControlPlane).flatMap((machine) => {
    if (isOutdated(machine, found)) return [`${machineLine(machine)} is to be replaced`];
    return field(machine, "status", "phase") === "Running" ? [] : [machineLine(machine)];
  });
  const rollout = unfinishedRollout(controlPlane);
  if (rollout === undefined && machines.length === 0) return [];
  const busy = found.hosts
    .filter(({ state }) => state !== "provisioned" && state !== "available")
    .map((host) => hostLine(host, host.name));
  return [...(rollout === undefined ? [] : [rollout]), ...machines, ...busy];
}
