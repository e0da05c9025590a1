import { type ConfigPath, type ConfigProblem, problem } from "../problem";
import { parseVersion } from "../versions";
import type { Check, CheckContext } from "./check";

/**
 * Release series that this program renders objects for and that are tested together. Kubernetes bounds are those of a
 * management cluster in Cluster API's support matrix (docs/book/src/reference/versions.md of its release).
 */
const series = {
  clusterApi: "1.13",
  metal3: "1.13",
  ipam: "1.13",
  baremetalOperator: "0.13",
  kubernetes: { oldest: 32, newest: 36 },
} as const;

/** Oldest cert-manager tried with these providers. */
const oldestCertManager = { major: 1, minor: 11 };

/** Versions of Kubernetes and of the providers that fit each other. */
export const checkVersions: Check = (context) => [
  ...kubernetesVersions(context),
  ...providerSeries(context),
  ...certManager(context),
];

function kubernetesVersions({ draft }: CheckContext): ConfigProblem[] {
  // The bootstrap cluster is a management cluster as well; a node image without a version in its tag is taken as it is.
  const nodeImage = draft.bootstrap?.nodeImage;
  const nodeVersion = nodeImage?.match(/:(v\d+\.\d+\.\d+)$/)?.[1];
  const own = kubernetesProblems(["kubernetesVersion"], draft.kubernetesVersion, draft.kubernetesVersion);
  // The default node image follows kubernetesVersion and would only repeat its problem.
  return nodeVersion === draft.kubernetesVersion
    ? own
    : [...own, ...kubernetesProblems(["bootstrap", "nodeImage"], nodeImage, nodeVersion)];
}

function kubernetesProblems(path: ConfigPath, value: unknown, text: string | undefined): ConfigProblem[] {
  const version = parseVersion(text);
  const { oldest, newest } = series.kubernetes;
  if (!version || (version.major === 1 && version.minor >= oldest && version.minor <= newest)) return [];
  return [
    problem(
      path,
      value,
      `is not a Kubernetes version that Cluster API ${series.clusterApi} runs on`,
      `Use v1.${oldest} to v1.${newest}.`,
    ),
  ];
}

function providerSeries({ draft }: CheckContext): ConfigProblem[] {
  return (["clusterApi", "metal3", "ipam", "baremetalOperator"] as const).flatMap((key) => {
    const text = draft.providers?.[key];
    const version = parseVersion(text);
    if (!version || `${version.major}.${version.minor}` === series[key]) return [];
    return [
      problem(
        ["providers", key],
        text,
        "is not of the release series that the other providers are tested with",
        `Use v${series[key]}.x.`,
      ),
    ];
  });
}

function certManager({ draft }: CheckContext): ConfigProblem[] {
  const text = draft.providers?.certManager;
  const version = parseVersion(text);
  const { major, minor } = oldestCertManager;
  if (!version || (version.major === major && version.minor >= minor)) return [];
  return [
    problem(
      ["providers", "certManager"],
      text,
      "is not a cert-manager that the providers are known to work with",
      `Use v${major}.${minor} or a newer v${major}.`,
    ),
  ];
}
