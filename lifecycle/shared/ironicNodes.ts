import { z } from "zod";
import { type IronicLogin, ironicRequest } from "./ironicApi";

const pageSchema = z.object({
  nodes: z.array(
    z.object({
      uuid: z.string(),
      name: z.string().nullish(),
      provision_state: z.string(),
      maintenance: z.boolean().default(false),
      maintenance_reason: z.string().nullish(),
      last_error: z.string().nullish(),
    }),
  ),
  /** There when the server has more than it says at a time. */
  next: z.string().optional(),
});

/** A host as Ironic knows it. */
export type IronicNode = z.output<typeof pageSchema>["nodes"][number];

const fields = Object.keys(pageSchema.shape.nodes.element.shape).join(",");

/** What the Bare Metal Operator calls the node of a host. */
export function nodeName(namespace: string, host: string): string {
  return `${namespace}~${host}`;
}

/**
 * All nodes of an Ironic.
 *
 * @param endpoint Base URL of the API, with or without a slash at its end.
 * @throws Error when it does not answer, or not with a list of nodes.
 */
export async function listNodes(
  endpoint: string,
  login: IronicLogin,
  signal: AbortSignal,
): Promise<IronicNode[]> {
  const base = endpoint.replace(/\/+$/, "");
  const nodes: IronicNode[] = [];
  for (;;) {
    const marker = nodes.at(-1)?.uuid;
    const path = `/nodes?fields=${fields}${marker === undefined ? "" : `&marker=${marker}`}`;
    const { status, text } = await ironicRequest(base, login, signal, { path });
    if (status !== 200) {
      throw new Error(`Ironic answers HTTP ${status} to GET ${path}: ${text.slice(0, 300)}`);
    }
    const page = pageSchema.parse(JSON.parse(text));
    nodes.push(...page.nodes);
    if (page.next === undefined || page.nodes.length === 0) {
      return nodes;
    }
  }
}
