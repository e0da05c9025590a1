import type * as z from "zod";
import { valueAt } from "./draft";
import { type ConfigProblem, formatPath, problem } from "./problem";

type Issue = z.core.$ZodIssue;

/** Turns what zod found wrong with single values into problems. `known` gives the keys allowed at a path. */
export function problemsFrom(issues: readonly Issue[], raw: unknown, schema: z.ZodType): ConfigProblem[] {
  return issues.flatMap((issue) => problemsOf(issue, raw, schema));
}

function problemsOf(issue: Issue, raw: unknown, schema: z.ZodType): ConfigProblem[] {
  const path = issue.path.map((step) => (typeof step === "number" ? step : String(step)));
  const value = valueAt(raw, path);
  // Codes that are not named here come with a message of their own.
  // eslint-disable-next-line @typescript-eslint/switch-exhaustiveness-check
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) =>
        problem(
          [...path, key],
          undefined,
          "is not a known key",
          unknownKeyRemedy(key, allowedKeys(schema, path)),
        ),
      );
    case "invalid_type":
      return value === undefined || value === null
        ? [problem(path, undefined, "is missing", `Set ${formatPath(path)} (${article(issue.expected)}).`)]
        : [problem(path, value, `is not ${article(issue.expected)}`, `Write ${article(issue.expected)}.`)];
    case "invalid_value":
      return [
        problem(
          path,
          value,
          value === undefined ? "is missing" : "is not one of the allowed values",
          `Use one of: ${issue.values.map(String).join(", ")}.`,
        ),
      ];
    // A key of a record: the issues of the key itself say what is wrong with it.
    case "invalid_key":
      return issue.issues.map((inner) =>
        problem(path, undefined, `the key ${inner.message}`, remedyOf(inner) ?? "Correct the key."),
      );
    default:
      return [problem(path, value, issue.message, remedyOf(issue) ?? "Correct the value.")];
  }
}

function remedyOf(issue: Issue): string | undefined {
  const remedy: unknown = issue.code === "custom" ? issue.params?.remedy : undefined;
  return typeof remedy === "string" ? remedy : undefined;
}

function article(type: string): string {
  switch (type) {
    case "object":
    case "record":
      return "an object";
    case "array":
      return "a list";
    case "boolean":
      return "true or false";
    default:
      return `a ${type}`;
  }
}

/** Advice for a key that does not exist: the nearest one that does, or all of them. */
export function unknownKeyRemedy(key: string, allowed: readonly string[]): string {
  const nearest = allowed
    .map((candidate) => ({ candidate, distance: editDistance(key.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)[0];
  return nearest && nearest.distance <= Math.max(2, key.length / 3)
    ? `Did you mean "${nearest.candidate}"?`
    : `Remove it; the keys known here are: ${[...allowed].sort().join(", ")}.`;
}

/** Keys of the strict object at a path of the schema. */
function allowedKeys(schema: z.ZodType, path: readonly (string | number)[]): string[] {
  let node: unknown = schema;
  for (const step of path) {
    const definition = definitionOf(node);
    node = typeof step === "number" ? definition.element : (definition.shape?.[step] ?? definition.valueType);
  }
  return Object.keys(definitionOf(node).shape ?? {});
}

interface Definition {
  readonly innerType?: unknown;
  readonly element?: unknown;
  readonly valueType?: unknown;
  readonly shape?: Record<string, unknown>;
}

/** zod's definition of a schema, seen through `optional()`. */
function definitionOf(node: unknown): Definition {
  const definition = (node as { def?: Definition } | undefined)?.def ?? {};
  return definition.innerType ? definitionOf(definition.innerType) : definition;
}

/** Levenshtein distance. */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, row[j] + 1, next[j - 1] + 1));
    }
    row = next;
  }
  return row[b.length];
}
