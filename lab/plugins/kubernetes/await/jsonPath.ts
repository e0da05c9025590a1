import { isObject } from "../../../../providers/shared/properties";
import type { PropertyValue } from "../../../../providers/shared/properties";
import type { KubeObject } from "../objects";

/** A parsed `jsonpath=` expression. */
export interface ParsedJsonPath {
  /** The path as the user wrote it, with its braces. */
  readonly path: string;
  /** The value to compare with; without it the path only has to exist. */
  readonly value: string | undefined;
  /** Everything in an object that the path selects. */
  readonly select: (object: KubeObject) => PropertyValue[];
}

type Step = (values: PropertyValue[]) => PropertyValue[];

/**
 * Parses `jsonpath={.path}` or `jsonpath={.path}=value`, in the strict syntax of `kubectl get -o jsonpath`: keys, quoted
 * keys, list indices (also from the end), `*`, and filters that compare a field with a literal, such as
 * `{.status.conditions[?(@.type=="Ready")].status}=True`.
 */
export function parseJsonPath(expression: string): ParsedJsonPath {
  const raw = expression.replace(/^jsonpath=/, "");
  const match = /^(\{\s*(.*?)\s*\})(?:=(.*))?$/s.exec(raw);
  if (match === null) {
    throw new Error(
      raw.startsWith("'")
        ? `${raw} should omit shell quotes`
        : `format should be {.path}=value or {.path}, got "${raw}"`,
    );
  }
  const [, path = "", inner = "", value] = match;
  if (value === "") throw new Error(`${path}= requires a value`);
  const steps = parseSteps(inner, path);
  return {
    path,
    value,
    select: (object) => steps.reduce<PropertyValue[]>((values, step) => step(values), [object]),
  };
}

function parseSteps(text: string, path: string): Step[] {
  const steps: Step[] = [];
  let rest = text.replace(/^[$@]/, "");
  const take = (pattern: RegExp): RegExpExecArray | null => {
    const match = pattern.exec(rest);
    if (match !== null) rest = rest.slice(match[0].length);
    return match;
  };
  while (rest !== "") {
    let match: RegExpExecArray | null;
    if (take(/^(?:\.\*|\[\*\])/)) steps.push((values) => values.flatMap(children));
    else if ((match = take(/^\.([A-Za-z0-9_$-]+(?:\\\.[A-Za-z0-9_$/-]+)*)/))) {
      steps.push(child((match[1] ?? "").replaceAll("\\.", ".")));
    } else if ((match = take(/^\[\s*(?:'([^']*)'|"([^"]*)")\s*\]/)))
      steps.push(child(match[1] ?? match[2] ?? ""));
    else if ((match = take(/^\[\s*(-?\d+)\s*\]/))) steps.push(item(Number(match[1])));
    else if ((match = take(/^\[\s*\?\s*\(?\s*(@[^=!]*?)\s*(?:(==|!=)\s*(.+?))?\s*\)?\s*\]/))) {
      steps.push(filter(parseSteps(match[1] ?? "", path), match[2], match[3]));
    } else throw new Error(`parsing "${path}": unexpected "${rest}"`);
  }
  return steps;
}

function children(value: PropertyValue): PropertyValue[] {
  if (Array.isArray(value)) return value;
  return isObject(value) ? Object.values(value) : [];
}

function child(key: string): Step {
  return (values) =>
    values.flatMap((value) => {
      const found = isObject(value) ? value[key] : undefined;
      return found === undefined ? [] : [found];
    });
}

function item(index: number): Step {
  return (values) =>
    values.flatMap((value) => {
      const found = Array.isArray(value) ? value.at(index) : undefined;
      return found === undefined ? [] : [found];
    });
}

function filter(steps: Step[], operator: string | undefined, literal: string | undefined): Step {
  const wanted = literal?.replace(/^(['"])(.*)\1$/s, "$2");
  return (values) =>
    values.flatMap(children).filter((candidate) => {
      const found = steps.reduce<PropertyValue[]>((selected, step) => step(selected), [candidate])[0];
      if (operator === undefined) return found !== undefined;
      const equal = found !== undefined && typeof found !== "object" && String(found) === wanted;
      return operator === "==" ? equal : found !== undefined && !equal;
    });
}
