import type { ClusterConfig } from "./clusterConfig";
import type { ConfigPath } from "./problem";

/**
 * A configuration of which parts may be missing because they were refused. Checks across fields work on drafts, so that
 * one malformed value does not hide what else is wrong.
 */
export type Draft<T> = T extends readonly (infer Item)[]
  ? readonly (Draft<Item> | undefined)[]
  : T extends object
    ? { readonly [Key in keyof T]?: Draft<T[Key]> }
    : T;

/** The whole configuration as a draft. */
export type ConfigDraft = Draft<ClusterConfig>;

/** A copy of `value` without what lies at the paths. Array items become undefined, so that the others keep their index. */
export function without(value: unknown, paths: readonly ConfigPath[]): unknown {
  const copy = structuredClone(value);
  for (const path of paths) {
    const parent = path.slice(0, -1).reduce<unknown>((node, step) => child(node, step), copy);
    const last = path.at(-1);
    if (last === undefined || typeof parent !== "object" || parent === null) continue;
    if (Array.isArray(parent)) parent[Number(last)] = undefined;
    else delete (parent as Record<string, unknown>)[String(last)];
  }
  return copy;
}

/** What lies at a path, or undefined. */
export function valueAt(value: unknown, path: ConfigPath): unknown {
  return path.reduce<unknown>((node, step) => child(node, step), value);
}

function child(node: unknown, step: string | number): unknown {
  if (typeof node !== "object" || node === null || !Object.hasOwn(node, step)) return undefined;
  return (node as Record<string | number, unknown>)[step];
}
