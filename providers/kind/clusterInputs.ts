/** Inputs of a cluster: their shape, and the checks that need nothing but the inputs. Pure. */
import ipaddr from "ipaddr.js";
import { parse as parseYaml } from "yaml";
import { z } from "zod";

/** kind's own rule; the node "<name>-control-plane2" must still fit a DNS label. */
const NAME = /^[a-z0-9]([a-z0-9.-]{0,46}[a-z0-9])?$/;
const DOCKER_NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;
const REGISTRY_HOST = /^(_default|[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?)$/;
/** Reference of an image, loosely: what cannot be one is refused, the rest is the engine's to judge. */
const IMAGE = /^[a-z0-9][a-zA-Z0-9._\-/:@]*$/;

const port = z.int().min(1).max(65535);
const absolutePath = z.string().startsWith("/", "must be an absolute path");
const containerNetwork = z.string().regex(DOCKER_NAME, "must be the name of a container network");
const ipAddress = z.string().refine((text) => ipaddr.isValid(text), "must be an IP address");
const subnets = z.string().superRefine((text, context) => {
  for (const cidr of text.split(",")) {
    const problem = cidrProblem(cidr);
    if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
  }
});
const yamlPatch = z.string().superRefine((text, context) => {
  try {
    parseYaml(text);
  } catch (error) {
    context.addIssue({ code: "custom", message: `is not YAML: ${(error as Error).message.split("\n")[0]}` });
  }
});

const mount = z.strictObject({
  hostPath: z.string().min(1),
  containerPath: absolutePath,
  readOnly: z.boolean().optional(),
  selinuxRelabel: z.boolean().optional(),
  propagation: z.enum(["None", "HostToContainer", "Bidirectional"]).optional(),
});

const portMapping = z.strictObject({
  containerPort: port,
  hostPort: port.optional(),
  listenAddress: ipAddress.optional(),
  protocol: z.enum(["TCP", "UDP", "SCTP"]).optional(),
});

const node = z.strictObject({
  role: z.enum(["control-plane", "worker"]).default("control-plane"),
  labels: z.record(z.string(), z.string()).optional(),
  extraMounts: z.array(mount).optional(),
  extraPortMappings: z.array(portMapping).optional(),
  kubeadmConfigPatches: z.array(yamlPatch).optional(),
});

const networking = z
  .strictObject({
    ipFamily: z.enum(["ipv4", "ipv6", "dual"]).optional(),
    podSubnet: subnets.optional(),
    serviceSubnet: subnets.optional(),
    disableDefaultCNI: z.boolean().optional(),
    kubeProxyMode: z.enum(["iptables", "ipvs", "nftables", "none"]).optional(),
    apiServerAddress: ipAddress.optional(),
    apiServerPort: port.optional(),
  })
  .superRefine(({ podSubnet, serviceSubnet }, context) => {
    const overlap = firstOverlap(podSubnet, serviceSubnet);
    if (overlap !== undefined) {
      context.addIssue({
        code: "custom",
        path: ["serviceSubnet"],
        message: `overlaps podSubnet (${overlap})`,
      });
    }
  });

/** Schema of the inputs; what is left out has the defaults named in the package schema. */
export const clusterInputs = z
  .strictObject({
    name: z.string().regex(NAME, "must be at most 48 lower-case letters, digits, dots and dashes"),
    nodeImage: z.string().regex(IMAGE, "must be an image reference").optional(),
    network: containerNetwork.optional(),
    additionalNetworks: z.array(containerNetwork).default([]),
    nodes: z.array(node).default([{ role: "control-plane" }]),
    networking: networking.default({}),
    featureGates: z.record(z.string(), z.boolean()).default({}),
    runtimeConfig: z.record(z.string(), z.string()).default({}),
    containerdConfigPatches: z.array(z.string()).default([]),
    registryMirrors: z
      .record(
        z.string(),
        z.string().refine(isHttpUrl, "must be an absolute http or https URL without query and credentials"),
      )
      .default({}),
    cniConfig: z.string().superRefine(checkCniConfig).optional(),
    waitForReady: z.number().min(0).default(0),
    adopt: z.boolean().default(false),
    temporary: z.boolean().default(false),
    retainOnFailure: z.string().min(1).optional(),
  })
  .superRefine((inputs, context) => {
    const issue = (path: string[], message: string) => context.addIssue({ code: "custom", path, message });
    if (!inputs.nodes.some(({ role }) => role === "control-plane")) {
      issue(["nodes"], "must have a control-plane node");
    }
    if (inputs.cniConfig !== undefined && inputs.networking.disableDefaultCNI !== true) {
      issue(["cniConfig"], "needs networking.disableDefaultCNI: two CNIs would fight");
    }
    for (const host of Object.keys(inputs.registryMirrors)) {
      if (!REGISTRY_HOST.test(host))
        issue(["registryMirrors", host], "must be a registry host as in image names");
    }
    if (inputs.network !== undefined && inputs.additionalNetworks.includes(inputs.network)) {
      issue(["additionalNetworks"], `names the network of the nodes, ${inputs.network}, again`);
    }
  });

/** Inputs with defaults filled in. */
export type ClusterInputs = z.output<typeof clusterInputs>;

/** An input that is refused: path and reason. */
export interface InputProblem {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** Everything that is wrong with the inputs, at once. */
export function inputProblems(inputs: unknown): InputProblem[] {
  const result = clusterInputs.safeParse(inputs);
  if (result.success) return [];
  return result.error.issues.flatMap((issue): InputProblem[] => {
    if (issue.code !== "unrecognized_keys") return [{ path: issue.path, message: issue.message }];
    return issue.keys.map((key) => ({ path: [...issue.path, key], message: "unknown key" }));
  });
}

function cidrProblem(cidr: string): string | undefined {
  const [address, prefix] = cidr.split("/");
  if (!ipaddr.isValidCIDR(cidr) || address === undefined || prefix === undefined) {
    return `"${cidr}" is not a CIDR such as 10.244.0.0/16`;
  }
  const parsed = ipaddr.parse(address);
  const base =
    parsed.kind() === "ipv4"
      ? ipaddr.IPv4.networkAddressFromCIDR(cidr)
      : ipaddr.IPv6.networkAddressFromCIDR(cidr);
  if (base.toString() !== parsed.toString()) {
    return `"${cidr}" has host bits set: the network is ${base.toString()}/${prefix}`;
  }
  return undefined;
}

function firstOverlap(left: string | undefined, right: string | undefined): string | undefined {
  const valid = (text: string | undefined) =>
    (text ?? "").split(",").filter((cidr) => cidrProblem(cidr) === undefined);
  for (const one of valid(left)) {
    for (const other of valid(right)) {
      const [a, aPrefix] = ipaddr.parseCIDR(one);
      const [b, bPrefix] = ipaddr.parseCIDR(other);
      if (a.kind() === b.kind() && a.match(b, Math.min(aPrefix, bPrefix))) return `${one} and ${other}`;
    }
  }
  return undefined;
}

function isHttpUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, search, hash, username, password } = new URL(text);
  return /^https?:$/.test(protocol) && [search, hash, username, password].every((part) => part === "");
}

function checkCniConfig(text: string, context: z.RefinementCtx): void {
  const conflist = z.looseObject({
    name: z.string(),
    plugins: z.array(z.looseObject({ type: z.string() })).min(1),
  });
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    context.addIssue({ code: "custom", message: `is not JSON: ${(error as Error).message}` });
    return;
  }
  if (!conflist.safeParse(parsed).success) {
    context.addIssue({
      code: "custom",
      message: "must be a CNI configuration list: a name, and plugins with types",
    });
  }
}
