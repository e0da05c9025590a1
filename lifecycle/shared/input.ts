import { z } from "zod";
import { LifecycleFailure } from "./failure";

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
