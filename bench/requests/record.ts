/** A request of a Node process that a server has answered. */
export interface RequestRecord {
  /** What the process is; see {@link roleOf}. */
  readonly role: string;
  /** `host:port`, as the request names it. */
  readonly server: string;
  readonly method: string;
  /** Whether it was for a Kubernetes API server, by its path. */
  readonly kubernetes: boolean;
}

/** Variable with the folder into which every process writes its requests, one JSON object a line. */
export const folderVariable = "BENCH_REQUESTS_FOLDER";

/**
 * What a Node process is, from its command line: "program", "verb <name>", "plugin <name>", or the name of its script. Pure.
 */
export function roleOf(argv: readonly string[]): string {
  const verb = argv.findIndex((argument) => /(^|\/)lifecycle\/main\.ts$/.test(argument));
  if (verb >= 0) return `verb ${argv[verb + 1] ?? ""}`.trimEnd();
  const script = argv[1] ?? "";
  if (/\/@pulumi\/pulumi\/cmd\/run(-policy-pack)?(\/|$)/.test(script)) return "program";
  const plugin =
    /\/(?:resource-([a-z0-9-]+)-v[^/]+|providers\/([a-z0-9-]+)|lab\/plugins\/([a-z0-9-]+))\//.exec(script);
  const name = plugin?.[1] ?? plugin?.[2] ?? plugin?.[3];
  return name === undefined ? (script.split("/").at(-1) ?? "") : `plugin ${name}`;
}

/** Whether a path is one of a Kubernetes API server; neither Ironic nor a BMC nor a registry has any of these. Pure. */
export function isKubernetesPath(path: string): boolean {
  return /^\/(apis?|openapi|version|readyz|livez|healthz)(\/|\?|$)/.test(path);
}

/** The records in the text of a file. A last line that was cut off, by a kill, counts nothing. Pure. */
export function parseRecords(text: string): RequestRecord[] {
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as RequestRecord);
}

/** Requests to Kubernetes API servers. */
export interface RequestTally {
  readonly total: number;
  /** By role of the process. */
  readonly byRole: Readonly<Record<string, number>>;
  /** By HTTP method. */
  readonly byMethod: Readonly<Record<string, number>>;
  /** By server. */
  readonly byServer: Readonly<Record<string, number>>;
}

/** Counts the records that concern a Kubernetes API server. Pure. */
export function tally(records: readonly RequestRecord[]): RequestTally {
  const found = records.filter(({ kubernetes }) => kubernetes);
  return {
    total: found.length,
    byRole: countBy(found, ({ role }) => role),
    byMethod: countBy(found, ({ method }) => method),
    byServer: countBy(found, ({ server }) => server),
  };
}

function countBy<T>(items: readonly T[], key: (item: T) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[key(item)] = (counts[key(item)] ?? 0) + 1;
  return counts;
}
