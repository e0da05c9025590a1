/** A place in the configuration: object keys and array indices, outermost first. */
export type ConfigPath = readonly (string | number)[];

/** One thing that is wrong with the configuration. Never holds a secret. */
export interface ConfigProblem {
  /** Property path as Pulumi writes it, for instance `hosts[1].bootMACAddress`. */
  readonly path: string;
  /** The offending value as short JSON; empty where the value is missing or secret. */
  readonly value: string;
  /** What is wrong. */
  readonly reason: string;
  /** What to do about it. */
  readonly remedy: string;
}

/** The configuration was refused. `message` lists every problem, one after another. */
export class ConfigurationError extends Error {
  constructor(readonly problems: readonly ConfigProblem[]) {
    super(formatProblems(problems));
    this.name = "ConfigurationError";
  }
}

/** Keys under which a value is never shown. */
const secretKey = /^(bmcCredentials|username|password)$/;

/** Makes a problem; the value is left out when it is missing or lies under a secret key. */
export function problem(path: ConfigPath, value: unknown, reason: string, remedy: string): ConfigProblem {
  const secret = path.some((step) => typeof step === "string" && secretKey.test(step));
  return { path: formatPath(path), value: secret ? "" : shorten(value), reason, remedy };
}

/** Writes a path as Pulumi does: `hosts[1].labels["example.com/rack"]`. */
export function formatPath(path: ConfigPath): string {
  return path
    .map((step, index) => {
      if (typeof step === "number") return `[${step}]`;
      if (!/^[A-Za-z_][A-Za-z0-9_-]*$/.test(step)) return `[${JSON.stringify(step)}]`;
      return index === 0 ? step : `.${step}`;
    })
    .join("");
}

/** The problems as text, sorted by path, so that the same mistakes always read the same. */
export function formatProblems(problems: readonly ConfigProblem[]): string {
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  const lines = sortProblems(problems).map(
    ({ path, value, reason, remedy }) =>
      `  ${path}${value && ` = ${value}`}\n      ${reason}\n      Remedy: ${remedy}`,
  );
  return [`The configuration has ${count}; nothing was created or changed.`, ...lines].join("\n");
}

/** Sorts by path, then reason, and drops repetitions. */
export function sortProblems(problems: readonly ConfigProblem[]): ConfigProblem[] {
  const key = ({ path, reason }: ConfigProblem) => `${path}\n${reason}`;
  const unique = new Map(problems.map((item) => [key(item), item]));
  return [...unique.values()].sort((a, b) => key(a).localeCompare(key(b), "en", { numeric: true }));
}

const longestValue = 80;

function shorten(value: unknown): string {
  // Credentials inside a URL are secret wherever they stand.
  const text = (JSON.stringify(value) ?? "").replace(/\/\/[^/@\s"]*@/g, "//…@");
  return text.length > longestValue ? `${text.slice(0, longestValue)}…` : text;
}
