import { z } from "zod";
import { LifecycleFailure } from "./failure";

/** Variables of a program by name. */
export type Variables = Readonly<Record<string, string | undefined>>;

const variables = z.record(z.string(), z.string());

/**
 * The variables of this program: those of its environment, and, where LIFECYCLE_STDIN says so, those in the JSON object on its
 * standard input, which are too large for an environment. They do not become part of the environment, of which other programs that
 * this one starts have a copy.
 *
 * @param readStdin Gives all of standard input.
 */
export function readVariables(env: Variables, readStdin: () => string): Variables {
  if (!env["LIFECYCLE_STDIN"]) return env;
  let value: unknown;
  try {
    value = JSON.parse(readStdin());
  } catch {
    // Its parts may be secrets: nothing of it is shown.
  }
  const parsed = variables.safeParse(value);
  if (!parsed.success) throw new LifecycleFailure("standard input is not a JSON object of variables");
  return { ...env, ...parsed.data };
}

/** Parses a verb's JSON input; every finding is reported, with its property path. */
export function parseInput<Schema extends z.ZodType>(
  schema: Schema,
  text: string | undefined,
): z.output<Schema> {
  let value: unknown;
  try {
    value = JSON.parse(text ?? "{}");
  } catch {
    throw new LifecycleFailure("LIFECYCLE_INPUT is not JSON");
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    throw new LifecycleFailure("LIFECYCLE_INPUT is not what the program expects", {
      evidence: parsed.error.issues.map((issue) => `${issue.path.join(".") || "(input)"}: ${issue.message}`),
    });
  }
  return parsed.data;
}

/** Seconds of a program's own limit when the caller sets none. */
export const defaultLimitSeconds = 1800;

/** Reads LIFECYCLE_TIMEOUT_SECONDS. */
export function parseLimit(text: string | undefined): number {
  if (text === undefined || text === "") {
    return defaultLimitSeconds;
  }
  const parsed = z.coerce.number().positive().safeParse(text);
  if (!parsed.success) {
    throw new LifecycleFailure(`LIFECYCLE_TIMEOUT_SECONDS is not a number of seconds: ${text}`);
  }
  return parsed.data;
}
