import type { KubeObject } from "../objects";
import { nestedNumber, nestedObjects, nestedString } from "../objects";
import { parseJsonPath } from "./jsonPath";
import type { Condition, Verdict } from "./wait";

/**
 * Conditions from the annotation `pulumi.com/waitFor`: `condition=Ready`, `condition=Ready=False`,
 * `jsonpath={.status.phase}`, `jsonpath={.status.phase}=Running`, or a JSON list of these, which all have to hold.
 * Throws on anything else.
 */
export function parseWaitFor(annotation: string): Condition {
  const conditions = expressionsOf(annotation).map((expression) => {
    if (expression.startsWith("jsonpath=")) return jsonPathCondition(expression);
    if (expression.startsWith("condition=")) return statusCondition(expression);
    throw new Error(`expected a "jsonpath=" or "condition=" prefix, got "${expression}"`);
  });
  if (conditions.length === 0) throw new Error("at least one condition must be specified");
  return (object) =>
    conditions.map((condition) => condition(object)).find(({ done }) => !done) ?? { done: true };
}

function expressionsOf(annotation: string): string[] {
  try {
    const list: unknown = JSON.parse(annotation);
    if (Array.isArray(list) && list.every((item) => typeof item === "string")) return list;
  } catch {
    // Not JSON: one expression.
  }
  return [annotation];
}

function statusCondition(expression: string): (object: KubeObject) => Verdict {
  const [type = "", wanted = "True"] = splitOnce(expression.slice("condition=".length));
  return (object) => {
    const conditions = nestedObjects(object, "status", "conditions");
    if (conditions.length === 0) return { done: false, message: "Has no .status.conditions" };
    const found = conditions.find((condition) => same(nestedString(condition, "type"), type));
    if (found === undefined) return { done: false, message: `Waiting for condition ${type}=${wanted}` };
    const observed =
      nestedNumber(found, "observedGeneration") ?? nestedNumber(object, "status", "observedGeneration");
    if (isBehind(object, observed)) {
      return { done: false, message: `Generation ${observed} is less than expected ${generationOf(object)}` };
    }
    const actual = nestedString(found, "status");
    if (same(actual, wanted)) return { done: true };
    const reason = nestedString(found, "message") || nestedString(found, "reason");
    return {
      done: false,
      message: `Resource has condition ${type}=${actual} (want ${wanted})${reason === "" ? "" : `: ${reason}`}`,
    };
  };
}

function jsonPathCondition(expression: string): (object: KubeObject) => Verdict {
  const { path, value, select } = parseJsonPath(expression);
  const wish = value === undefined ? path : `${path}=${value}`;
  return (object) => {
    if (isBehind(object, nestedNumber(object, "status", "observedGeneration"))) {
      return { done: false, message: `Waiting for ${wish} (generation not observed yet)` };
    }
    const found = select(object)[0];
    if (found === undefined) return { done: false, message: `${path} selected nothing` };
    if (value === undefined) return { done: true };
    if (typeof found === "object" && found !== null) {
      throw new Error(`"${path}" has a non-primitive value (${JSON.stringify(found)})`);
    }
    const text = String(found);
    return text === value
      ? { done: true }
      : { done: false, message: `Waiting for ${wish} (found "${text}")` };
  };
}

function generationOf(object: KubeObject): number {
  return nestedNumber(object, "metadata", "generation") ?? 0;
}

function isBehind(object: KubeObject, observed: number | undefined): boolean {
  return observed !== undefined && observed < generationOf(object);
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function splitOnce(text: string): string[] {
  const index = text.indexOf("=");
  return index < 0 ? [text] : [text.slice(0, index), text.slice(index + 1)];
}
