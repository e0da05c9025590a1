import * as pulumi from "@pulumi/pulumi";
import type { BasicCredentials, ClusterConfig } from "./clusterConfig";
import {
  type CredentialsResult,
  credentialsOf,
  parseBmcCredentials,
  readBmcCredentialsFile,
} from "./credentials";
import { type HostsFileResult, readHostsFile } from "./hostsFile";
import { unknownKeyRemedy } from "./issues";
import { checkClusterConfig } from "./parse";
import { type ConfigProblem, ConfigurationError, problem, sortProblems } from "./problem";
import { clusterConfigSchema } from "./schema";

/** Everything a stack is told. */
export interface LoadedConfig {
  readonly config: ClusterConfig;
  /** BMC credentials of every host, by host name. Secret. */
  readonly bmcCredentials: Readonly<Record<string, pulumi.Output<BasicCredentials>>>;
}

/** Top-level keys that are plain text; all others are numbers, lists or objects and come as JSON. */
const textKeys = new Set([
  "clusterName",
  "namespace",
  "kubernetesVersion",
  "podCIDR",
  "serviceCIDR",
  "cniManifest",
  "consoleLog",
  "unownedObjects",
]);

/** Secret object of BMC credentials. */
const credentialsKey = "bmcCredentials";
/** Path of a file that holds the same object, for credentials that are not kept with the stack. */
const credentialsFileKey = "bmcCredentialsFile";
/** Path of a file that holds the list of `hosts`, for inventories that are too large for Pulumi's configuration. */
const hostsFileKey = "hostsFile";

/**
 * Reads the stack's configuration, before any resource is declared.
 * @throws pulumi.RunError listing every problem; no secret is in it.
 */
export function loadConfig(): LoadedConfig {
  try {
    return readConfig(stackValues(), process.cwd(), (key) =>
      secretKeys().has(`${pulumi.getProject()}:${key}`),
    );
  } catch (error) {
    // Pulumi prints a RunError without the stack trace of the program, which says nothing to who wrote the configuration.
    if (error instanceof ConfigurationError) throw new pulumi.RunError(error.message);
    throw error;
  }
}

/** Keys that are encrypted in the stack. The language host gives them; the SDK has no public function for it. */
function secretKeys(): ReadonlySet<string> {
  const keys: unknown = JSON.parse(process.env.PULUMI_CONFIG_SECRET_KEYS ?? "[]");
  return new Set(Array.isArray(keys) ? keys.map(String) : []);
}

/** The stack's values of this project by key, in the clear. An empty text is how Pulumi.yaml says that a key is not set. */
function stackValues(): Record<string, string> {
  const prefix = `${pulumi.getProject()}:`;
  return Object.fromEntries(
    Object.entries(pulumi.runtime.allConfig())
      .filter(([key, value]) => key.startsWith(prefix) && value !== "")
      .map(([key, value]) => [key.slice(prefix.length), value]),
  );
}

/**
 * Parses configuration values as Pulumi hands them to a program.
 * @param folder Project folder, against which paths are resolved.
 * @param isSecret Whether a key's value is encrypted in the stack.
 * @throws ConfigurationError listing every problem.
 */
export function readConfig(
  values: Readonly<Record<string, string>>,
  folder: string,
  isSecret: (key: string) => boolean,
): LoadedConfig {
  const problems: ConfigProblem[] = [];
  const raw: Record<string, unknown> = {};
  const malformed = new Set<string>();
  for (const [key, text] of Object.entries(values)) {
    if (key === credentialsKey || key === credentialsFileKey || key === hostsFileKey) continue;
    const parsed = textKeys.has(key) ? { value: text } : parseJSON(text);
    if (parsed) raw[key] = parsed.value;
    else if (!Object.hasOwn(clusterConfigSchema.shape, key)) raw[key] = text;
    else {
      malformed.add(key);
      problems.push(problem([key], text, "is not valid JSON", "Write a number, a list or an object."));
    }
  }

  const file = values[hostsFileKey];
  if (file !== undefined) {
    const inventory = hostsFrom(file, values["hosts"], folder);
    raw.hosts = inventory.hosts;
    // What is not there was not left out.
    if (inventory.problems.length > 0) malformed.add("hosts");
    problems.push(...inventory.problems);
  }

  const source = readCredentials(values, folder, isSecret);
  const hosts = hostNames(raw.hosts);
  const known = hosts.filter((name) => credentialsOf(source.credentials, name));
  const result = checkClusterConfig(raw, {
    // A source that was refused says nothing about single hosts.
    ...(source.problems.length ? {} : { hostsWithCredentials: new Set(known) }),
  });
  problems.push(
    ...source.problems,
    // A malformed value is reported once, not as missing too.
    ...result.problems.filter((found) => !malformed.has(found.path)).map(suggestCredentialsKey),
  );
  if (!result.config || problems.length) throw new ConfigurationError(sortProblems(problems));

  const bmcCredentials = Object.fromEntries(
    result.config.hosts.flatMap(({ name }) => {
      const credentials = credentialsOf(source.credentials, name);
      return credentials ? [[name, pulumi.secret(credentials)] as const] : [];
    }),
  );
  return { config: result.config, bmcCredentials };
}

/** The inventory of a file, unless there is one in the configuration too. */
function hostsFrom(file: string, inline: string | undefined, folder: string): HostsFileResult {
  if (inline === undefined || inline === "[]") return readHostsFile(file, folder, hostsFileKey);
  return {
    problems: [problem([hostsFileKey], file, "is set beside hosts", "Keep one of hosts and hostsFile.")],
  };
}

function readCredentials(
  values: Readonly<Record<string, string>>,
  folder: string,
  isSecret: (key: string) => boolean,
): CredentialsResult {
  const file = values[credentialsFileKey];
  const inline = values[credentialsKey] === "{}" ? undefined : values[credentialsKey];
  if (inline !== undefined && file !== undefined) {
    const remedy = `Keep one of ${credentialsKey} and ${credentialsFileKey}.`;
    return {
      credentials: {},
      problems: [problem([credentialsFileKey], file, `is set beside ${credentialsKey}`, remedy)],
    };
  }
  if (file !== undefined) return readBmcCredentialsFile(file, folder, credentialsFileKey);
  if (inline !== undefined) {
    const result = parseBmcCredentials(parseJSON(inline)?.value, credentialsKey);
    if (isSecret(credentialsKey)) return result;
    const remedy = `Run: pulumi config rm ${credentialsKey}; then set each part with pulumi config set --secret --path.`;
    const inTheClear = problem([credentialsKey], undefined, "is kept in the clear", remedy);
    return { credentials: result.credentials, problems: [...result.problems, inTheClear] };
  }
  return { credentials: {}, problems: [] };
}

/** The keys of the credentials and of files are not in the schema, so a misspelt one is compared with them here. */
function suggestCredentialsKey(found: ConfigProblem): ConfigProblem {
  if (found.reason !== "is not a known key" || /[.[]/.test(found.path)) return found;
  const keys = [...Object.keys(clusterConfigSchema.shape), credentialsKey, credentialsFileKey, hostsFileKey];
  return { ...found, remedy: unknownKeyRemedy(found.path, keys) };
}

function hostNames(hosts: unknown): string[] {
  if (!Array.isArray(hosts)) return [];
  return hosts.flatMap((host: unknown) => {
    const name: unknown = (host as { name?: unknown } | null)?.name;
    return typeof name === "string" ? [name] : [];
  });
}

function parseJSON(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}
