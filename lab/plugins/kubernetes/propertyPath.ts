/** Steps of a property path: keys and list indices; `*` stands for any of both. */
export type PropertyPath = readonly (string | number)[];

/**
 * Parses a path as `ignoreChanges` has them: `spec.replicas`, `metadata.annotations["a.b/c"]`, `spec.ports[0].port`,
 * `spec.ports[*]`. Throws on a bracket that is not closed.
 */
export function parsePropertyPath(text: string): PropertyPath {
  const steps: (string | number)[] = [];
  let rest = text;
  while (rest !== "") {
    if (rest.startsWith(".")) rest = rest.slice(1);
    const quoted = /^\["((?:[^"\\]|\\.)*)"\]/.exec(rest);
    const bracket = /^\[(\d+|\*)\]/.exec(rest);
    const key = /^[^.[\]]+/.exec(rest);
    if (quoted !== null) steps.push((quoted[1] ?? "").replaceAll('\\"', '"'));
    else if (bracket !== null) steps.push(bracket[1] === "*" ? "*" : Number(bracket[1]));
    else if (key !== null) steps.push(key[0]);
    else throw new Error(`failed to parse property path "${text}" at "${rest}"`);
    rest = rest.slice((quoted ?? bracket ?? key)?.[0].length);
  }
  return steps;
}

/** The path as text, in the form that {@link parsePropertyPath} reads. */
export function formatPropertyPath(path: PropertyPath): string {
  let text = "";
  for (const step of path) {
    if (typeof step === "number") text += `[${step}]`;
    else if (/[."[\]]/.test(step)) text += `["${step.replaceAll('"', '\\"')}"]`;
    else text += text === "" ? step : `.${step}`;
  }
  return text;
}

/** True when `inner` is at or below `outer`. */
export function pathContains(outer: PropertyPath, inner: PropertyPath): boolean {
  return outer.length <= inner.length && outer.every((step, index) => step === "*" || step === inner[index]);
}
