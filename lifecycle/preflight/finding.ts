import type { z } from "zod";
import type { preflightInput } from "../inputs/preflight";

/** Input with its defaults. */
export type Settings = z.output<typeof preflightInput>;

/** Something of the environment that would make the run fail. */
export interface EnvironmentFinding {
  /** Property of the configuration that asks for what is missing, or "PATH" for a program. */
  readonly path: string;
  readonly value: string;
  readonly problem: string;
  readonly remedy: string;
}

/** A finding in one line. */
export function findingLine({ path, value, problem, remedy }: EnvironmentFinding): string {
  return `${path} (${value}): ${problem}; remedy: ${remedy}`;
}
