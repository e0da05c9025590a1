/** Kubeconfigs of a cluster. Pure. */
import { parse, stringify } from "yaml";
import { z } from "zod";

const kubeconfig = z.looseObject({
  clusters: z.array(z.looseObject({ cluster: z.looseObject({ server: z.url() }) })).min(1),
});

/** URL of the API server. */
export function serverOf(text: string): string {
  return kubeconfig.parse(parse(text)).clusters[0]?.cluster.server ?? "";
}

/** The same access with the API server at another address. */
export function withServer(text: string, server: string): string {
  const parsed = kubeconfig.parse(parse(text));
  for (const { cluster } of parsed.clusters) cluster.server = server;
  return stringify(parsed);
}

/** URL of an API server on a node's address. */
export function nodeServer(address: string): string {
  return `https://${address.includes(":") ? `[${address}]` : address}:6443`;
}
