import type { HostConfig } from "../clusterConfig";
import type { Draft } from "../draft";
import { parseURL } from "../formats";
import { type ConfigProblem, formatPath, problem } from "../problem";
import type { Check } from "./check";

type HostDraft = Draft<HostConfig> | undefined;

/** Host names, boot MAC addresses and BMC addresses are unique, and every host has BMC credentials. */
export const checkHosts: Check = ({ draft, hostsWithCredentials }) => {
  const hosts = draft.hosts ?? [];
  return [
    ...duplicates(hosts, "name", (host) => host?.name, "Name each host once."),
    ...duplicates(
      hosts,
      "bootMACAddress",
      (host) => host?.bootMACAddress?.toLowerCase(),
      "Read the MAC address of the NIC that boots from the provisioning network from the host's BMC.",
    ),
    ...duplicates(
      hosts,
      "bmcAddress",
      (host) => normalBmcAddress(host?.bmcAddress),
      "Give each host its own BMC.",
    ),
    ...missingCredentials(hosts, hostsWithCredentials),
  ];
};

function duplicates(
  hosts: readonly HostDraft[],
  field: "name" | "bootMACAddress" | "bmcAddress",
  key: (host: HostDraft) => string | undefined,
  remedy: string,
): ConfigProblem[] {
  const first = new Map<string, number>();
  return hosts.flatMap((host, index) => {
    const value = key(host);
    if (value === undefined) return [];
    const earlier = first.get(value);
    if (earlier === undefined) {
      first.set(value, index);
      return [];
    }
    const other = formatPath(["hosts", earlier, field]);
    return [problem(["hosts", index, field], host?.[field], `is the same as ${other}`, remedy)];
  });
}

const defaultPorts: Record<string, string> = { http: "80", https: "443" };

/** One form for every spelling of the same system: the driver does not matter, nor a default port or a closing slash. */
function normalBmcAddress(address: string | undefined): string | undefined {
  const url = address === undefined ? undefined : parseURL(address);
  if (!url) return undefined;
  const scheme = url.protocol.slice(0, -1);
  const [driver, transport = "https"] = scheme.split("+");
  const port = url.port || (driver === "ipmi" ? "623" : defaultPorts[transport]);
  return `${url.hostname.toLowerCase()}:${port}${url.pathname.replace(/\/+$/, "").toLowerCase()}`;
}

function missingCredentials(
  hosts: readonly HostDraft[],
  known: ReadonlySet<string> | undefined,
): ConfigProblem[] {
  if (!known) return [];
  return hosts.flatMap((host, index) =>
    host?.name === undefined || known.has(host.name)
      ? []
      : [
          problem(
            ["hosts", index],
            host.name,
            "has no BMC credentials",
            `Run: pulumi config set --secret --path 'bmcCredentials.${host.name}.username' <user>, and the same with ` +
              "password; or set bmcCredentials.default for all hosts.",
          ),
        ],
  );
}
