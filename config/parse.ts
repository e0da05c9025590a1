import { checkCapacity } from "./checks/capacity";
import type { Check } from "./checks/check";
import { checkEndpoints } from "./checks/endpoints";
import { checkHosts } from "./checks/hosts";
import { checkImage } from "./checks/image";
import { checkNetworks } from "./checks/networks";
import { checkNodes } from "./checks/nodes";
import { checkRanges } from "./checks/ranges";
import { checkReplicas } from "./checks/replicas";
import { checkVersions } from "./checks/versions";
import type { ClusterConfig } from "./clusterConfig";
import { withDefaults } from "./defaults";
import { without } from "./draft";
import { problemsFrom } from "./issues";
import { type ConfigProblem, ConfigurationError, sortProblems } from "./problem";
import { clusterConfigSchema } from "./schema";

/** Every rule across several values. */
const checks: readonly Check[] = [
  checkNetworks,
  checkRanges,
  checkEndpoints,
  checkHosts,
  checkReplicas,
  checkCapacity,
  checkVersions,
  checkImage,
  checkNodes,
];

/** What is known besides the configuration itself. */
export interface ParseOptions {
  /** Names of the hosts for which BMC credentials are known. Unset: whether there are any is not judged. */
  readonly hostsWithCredentials?: ReadonlySet<string>;
}

/** A configuration, or everything that is wrong with it. */
export type ConfigResult =
  | { readonly config: ClusterConfig; readonly problems: readonly [] }
  | { readonly config: undefined; readonly problems: readonly ConfigProblem[] };

/**
 * Parses and validates a configuration as a user writes it (`UserConfig`); pure. All problems are found in one go: what a
 * malformed value was meant to be does not matter to the others.
 */
export function checkClusterConfig(raw: unknown, options: ParseOptions = {}): ConfigResult {
  const parsed = clusterConfigSchema.safeParse(raw);
  const issues = parsed.success ? [] : parsed.error.issues;
  const refused = issues.flatMap((issue) =>
    issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...issue.path, key]) : [issue.path],
  );
  const sound = parsed.success
    ? parsed.data
    : without(
        raw,
        refused.map((path) => path.map(toStep)),
      );
  const { draft, poolReplicas } = withDefaults(isObject(sound) ? sound : {});
  const found = [
    ...problemsFrom(issues, raw, clusterConfigSchema),
    ...checks.flatMap((check) => check({ draft, poolReplicas, ...options })),
  ];
  return found.length
    ? { config: undefined, problems: sortProblems(found) }
    : // Nothing is missing from a draft when the schema was content.
      { config: draft as ClusterConfig, problems: [] };
}

/**
 * The configuration that `raw` describes.
 * @throws ConfigurationError listing every problem.
 */
export function parseClusterConfig(raw: unknown, options: ParseOptions = {}): ClusterConfig {
  const { config, problems } = checkClusterConfig(raw, options);
  if (!config) throw new ConfigurationError(problems);
  return config;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function toStep(step: PropertyKey): string | number {
  return typeof step === "number" ? step : String(step);
}
