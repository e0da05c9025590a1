import type { ClusterConfig } from "../../config/clusterConfig";
import { type ConfigProblem, problem } from "../../config/problem";
import { compareVersions, parseVersion } from "../../config/versions";
import { controlPlaneName, hasSpare } from "../../manifests/rollout";
import { planInit, wantedProviders } from "../providersInit/plan";
import { text } from "../shared/kube/objects";
import type { MachineGroup } from "./machines";
import type { RunningCluster } from "./read";

/** Kubernetes goes forward, one minor version at a time. */
export function versionJumps(config: ClusterConfig, { controlPlane }: RunningCluster): ConfigProblem[] {
  const running = text(controlPlane, "spec", "version");
  const [is, wanted] = [parseVersion(running), parseVersion(config.kubernetesVersion)];
  if (!is || !wanted || running === undefined) return [];
  const path = ["kubernetesVersion"];
  if (compareVersions(config.kubernetesVersion, running) < 0 && wanted.minor < is.minor) {
    return [
      problem(
        path,
        config.kubernetesVersion,
        `is older than ${running}, which runs: a cluster cannot go back to an earlier minor version`,
        `Use ${running} or a newer version.`,
      ),
    ];
  }
  return wanted.minor > is.minor + 1
    ? [
        problem(
          path,
          config.kubernetesVersion,
          `skips a minor version: ${running} runs`,
          `Upgrade to v${is.major}.${is.minor + 1} first.`,
        ),
      ]
    : [];
}

/** The only control plane machine can be made anew only beside itself. */
export function impossibleRollouts(config: ClusterConfig, groups: readonly MachineGroup[]): ConfigProblem[] {
  const group = groups.find(({ name }) => name === controlPlaneName);
  const stuck =
    group !== undefined &&
    group.reasons.length > 0 &&
    group.before < 3 &&
    !hasSpare(config, controlPlaneName);
  return stuck
    ? [
        problem(
          ["hosts"],
          config.hosts.map(({ name }) => name).join(", "),
          `have no spare host for the control plane, whose machines have to be made anew: ${group.reasons.join("; ")}`,
          "Add a host, or free one by asking for fewer workers first.",
        ),
      ]
    : [];
}

/** Providers go forward too. */
export function providerDowngrades(config: ClusterConfig, { providers }: RunningCluster): ConfigProblem[] {
  return planInit(providers, wantedProviders(config.providers)).refusals.map((refusal) =>
    problem(["providers"], undefined, refusal, "Set the versions that are installed, or newer ones."),
  );
}
