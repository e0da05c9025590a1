import * as fs from "node:fs";
import * as path from "node:path";
import * as z from "zod";
import type { BasicCredentials } from "./clusterConfig";
import { type ConfigProblem, problem } from "./problem";

/** Key under `bmcCredentials` whose credentials are those of every host without its own. */
const defaultKey = "default";

const credentialsSchema = z.record(
  z.string(),
  z.strictObject({ username: z.string().min(1), password: z.string().min(1) }),
);

/** BMC credentials by host name, with "default" for the hosts that have none of their own. Secret. */
export type BmcCredentials = z.output<typeof credentialsSchema>;

/** Credentials, and what is wrong with them. */
export interface CredentialsResult {
  readonly credentials: BmcCredentials;
  readonly problems: readonly ConfigProblem[];
}

const shape = 'an object of {"username", "password"} by host name, or by "default" for all hosts';

/** Judges BMC credentials that came under the key `key`. No message holds a value. */
export function parseBmcCredentials(raw: unknown, key: string): CredentialsResult {
  const parsed = credentialsSchema.safeParse(raw);
  if (parsed.success) return { credentials: parsed.data, problems: [] };
  const places = new Set(parsed.error.issues.map((issue) => issue.path.map(String).join(".")));
  const problems = [...places].map((place) =>
    problem(
      [key, ...(place ? place.split(".") : [])],
      undefined,
      "is missing or malformed",
      `Write ${shape}.`,
    ),
  );
  return { credentials: {}, problems };
}

/**
 * Reads BMC credentials from a JSON file that only its owner may read.
 * @param file Path relative to `folder`.
 */
export function readBmcCredentialsFile(file: string, folder: string, key: string): CredentialsResult {
  const refuse = (reason: string, remedy: string): CredentialsResult => ({
    credentials: {},
    problems: [problem([key], file, reason, remedy)],
  });
  const absolute = path.resolve(folder, file);
  let text: string;
  try {
    if ((fs.statSync(absolute).mode & 0o077) !== 0) {
      return refuse("may be read by others than its owner", `Run: chmod 600 ${file}`);
    }
    text = fs.readFileSync(absolute, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unknown error";
    return refuse(`cannot be read (${code})`, `Write the file, mode 0600: ${shape}, as JSON.`);
  }
  try {
    return parseBmcCredentials(JSON.parse(text), key);
  } catch {
    return refuse("is not JSON", `Write ${shape}, as JSON.`);
  }
}

/** The credentials of a host: its own, else the default, else none. */
export function credentialsOf(credentials: BmcCredentials, host: string): BasicCredentials | undefined {
  return Object.hasOwn(credentials, host) ? credentials[host] : credentials[defaultKey];
}
