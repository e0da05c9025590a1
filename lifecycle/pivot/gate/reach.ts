import { errorText } from "../../shared/failure";
import type { KubeClient } from "../../shared/kube/client";
import { describe, type KubeObject, text } from "../../shared/kube/objects";
import { readyIronic } from "./checks/ironic";
import { execInContainer } from "./exec";
import type { BmcProbe, SideFacts } from "./facts";

/** Seconds for one connection, and for all of them. */
const seconds = { connection: 3, all: 20 } as const;

/** More are not tried: it is a sample then. */
const mostEndpoints = 200;

/** Ports of BMCs by the protocol in their address, where none is given. */
const defaultPorts: Readonly<Record<string, number>> = { http: 80, https: 443 };

/** A TCP endpoint in a host's BMC address; undefined for protocols without one, such as IPMI. */
export function bmcEndpoint(address: string): { readonly host: string; readonly port: number } | undefined {
  const match = /^([\w-]+)(?:\+(https?))?:\/\/(?:[^/@]*@)?(\[[^\]]+\]|[^/:]+)(?::(\d+))?/i.exec(address);
  const driver = match?.[1]?.toLowerCase() ?? "";
  if (!match || driver === "ipmi" || driver === "libvirt") {
    return undefined;
  }
  const scheme = match[2]?.toLowerCase() ?? (driver === "http" ? "http" : "https");
  const host = (match[3] ?? "").replace(/^\[|\]$/g, "");
  return { host, port: match[4] ? Number(match[4]) : (defaultPorts[scheme] ?? 443) };
}

/** Hosts by the endpoint of their BMC: "10.0.0.5 443" to names. */
export function hostsByEndpoint(hosts: readonly KubeObject[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const host of hosts) {
    const endpoint = bmcEndpoint(text(host, "spec", "bmc", "address") ?? "");
    if (endpoint) {
      const key = `${endpoint.host} ${endpoint.port}`;
      found.set(key, [...(found.get(key) ?? []), host.metadata.name]);
    }
  }
  return found;
}

/** Tries every endpoint at once, says "open" or "closed" for each. Bash opens the connection: the image has it, and not always more. */
const script = `
probe() {
  if timeout ${seconds.connection} bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$1" "$2" 2>/dev/null
  then echo "open $1 $2"; else echo "closed $1 $2"; fi
}
while [ $# -ge 2 ]; do probe "$1" "$2" & shift 2; done
wait`;

/**
 * Whether the target's nodes reach the BMCs: connections from the running Ironic, which has its node's network. That is the
 * only place of the target from which something can be tried without writing to the cluster.
 */
export async function probeBmcs(
  client: KubeClient,
  target: SideFacts,
  hosts: readonly KubeObject[],
  signal: AbortSignal,
): Promise<BmcProbe> {
  const endpoints = hostsByEndpoint(hosts);
  if (endpoints.size === 0) {
    return { kind: "not made", why: "no BMC speaks a protocol over TCP" };
  }
  const pod = readyIronic(target);
  if (!pod) {
    return { kind: "not made", why: "no Ironic is ready on the target, from whose pod they could be tried" };
  }
  const keys = [...endpoints.keys()].slice(0, mostEndpoints);
  try {
    const output = await execInContainer(
      client,
      { namespace: pod.metadata.namespace ?? "", pod: pod.metadata.name, container: "ironic" },
      ["bash", "-c", script, "probe", ...keys.flatMap((key) => key.split(" "))],
      seconds.all,
      signal,
    );
    const open = new Set(
      output
        .split("\n")
        .filter((line) => line.startsWith("open "))
        .map((line) => line.slice("open ".length).trim()),
    );
    return {
      kind: "made",
      from: describe({ ...pod, kind: "Pod" }),
      results: keys.map((key) => ({
        hosts: endpoints.get(key) ?? [],
        endpoint: key.replace(/ (\d+)$/, ":$1"),
        answers: open.has(key),
      })),
    };
  } catch (error) {
    signal.throwIfAborted();
    return { kind: "not made", why: `the target's Ironic pod could not be entered: ${errorText(error)}` };
  }
}
