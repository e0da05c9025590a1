/** What a list of Kubernetes nodes says about their readiness. Pure. */
import { z } from "zod";

const nodeList = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string() }),
      status: z
        .object({
          conditions: z
            .array(
              z.object({
                type: z.string(),
                status: z.string(),
                reason: z.string().optional(),
                message: z.string().optional(),
              }),
            )
            .default([]),
        })
        .default({ conditions: [] }),
    }),
  ),
});

/** Readiness of a cluster's nodes. */
export interface NodeReadiness {
  readonly ready: boolean;
  /** For people: how many are ready, or what keeps the first one from it. */
  readonly summary: string;
}

/**
 * Judges the output of `kubectl get nodes --output json`.
 *
 * @param expected names of the nodes that must be there
 */
export function nodeReadiness(json: string, expected: readonly string[]): NodeReadiness {
  const { items } = nodeList.parse(JSON.parse(json));
  const waiting = expected.flatMap((name) => {
    const node = items.find(({ metadata }) => metadata.name === name);
    const condition = node?.status.conditions.find(({ type }) => type === "Ready");
    if (condition?.status === "True") return [];
    const reason = condition?.message ?? condition?.reason ?? "no Ready condition yet";
    return [`${name} is not Ready: ${node ? reason : "not registered yet"}`];
  });
  return {
    ready: waiting.length === 0,
    summary: waiting[0] ?? `${expected.length} of ${expected.length} nodes Ready`,
  };
}
