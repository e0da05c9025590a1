import type { z } from "zod";
import type { Context } from "./context";

/** One lifecycle program. Re-entrant: run again after an interruption, it goes on from what it finds. */
export interface Verb<Schema extends z.ZodType = z.ZodType, Result extends object = object> {
  /** Shape of LIFECYCLE_INPUT. */
  readonly input: Schema;
  /** Environment variables that carry secrets and must be set. */
  readonly secrets?: readonly string[];
  /** Environment variables that carry secrets and may be unset. */
  readonly optionalSecrets?: readonly string[];
  run(input: z.output<Schema>, context: Context): Promise<Result>;
}

/** Keeps the types of a verb's input and result without spelling them out. */
export function defineVerb<Schema extends z.ZodType, Result extends object>(
  verb: Verb<Schema, Result>,
): Verb<Schema, Result> {
  return verb;
}
