import type { ClusterConfig } from "../../config/clusterConfig";
import type { ConfigProblem } from "../../config/problem";
import type { ClusterObject } from "../../manifests/targetCluster";
import { hostNotes, lostHosts } from "./hosts";
import { identityChanges } from "./identity";
import { machineGroups, machineNotes } from "./machines";
import type { RunningCluster } from "./read";
import { impossibleRollouts, providerDowngrades, versionJumps } from "./versions";

/** What there is to say of a change of a running cluster. */
export interface ChangeReview {
  /** Why it cannot be made. */
  readonly refusals: readonly ConfigProblem[];
  /** What it does to hosts, one line each. */
  readonly notes: readonly string[];
}

/** Compares a configuration, and the objects that are made of it, with a cluster that runs. Pure. */
export function reviewChange(
  config: ClusterConfig,
  objects: readonly ClusterObject[],
  found: RunningCluster,
): ChangeReview {
  const identity = identityChanges(config, found);
  // Another cluster would be compared with the one that runs.
  if (identity.length > 0) return { refusals: identity, notes: [] };
  const groups = machineGroups(config, objects, found);
  return {
    refusals: [
      ...lostHosts(config, found),
      ...versionJumps(config, found),
      ...impossibleRollouts(config, groups),
      ...providerDowngrades(config, found),
    ],
    // A bring-up that is under way makes everything for the first time.
    notes: found.controlPlane ? [...machineNotes(config, groups, found), ...hostNotes(config, found)] : [],
  };
}
