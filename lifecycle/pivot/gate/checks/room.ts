import ipaddr from "ipaddr.js";
import { condition, describe, field, isTrue, type KubeObject, text } from "../../../shared/kube/objects";
import type { GateFacts, SideFacts } from "../facts";
import { type Finding, unsettled, warning } from "../findings";
import { isIronic, isTestMode, readyIronic } from "./ironic";

/** Memory that the Ironic stack and the operator take, with some to spare, in bytes. Seen: about 1 GiB. */
const neededMemory = 2 * 1024 ** 3;

/**
 * The target has a node that can run Ironic: schedulable, with memory, on the provisioning network. An Ironic that is ready
 * there has proved all of it.
 */
export function checkRoom(facts: GateFacts): Finding[] {
  const { target } = facts;
  if (!target || isTestMode(facts) || readyIronic(target)) {
    return [];
  }
  const candidates = target.nodes.filter((node) => canRun(node, target));
  if (candidates.length === 0) {
    return [
      unsettled(
        "target",
        `has no node on which Ironic can run (${target.nodes.map(whyNot).join("; ") || "it has no nodes"})`,
        "one node must be ready, schedulable, without a taint that Ironic's pod does not tolerate, and have what its nodeSelector asks for",
      ),
    ];
  }
  return [...assessMemory(candidates), ...assessNetwork(candidates, facts)];
}

/** Taints under which Ironic's pod is put on a node all the same; as in the project's manifest. */
const tolerated = new Set([
  "node-role.kubernetes.io/control-plane",
  "node.kubernetes.io/not-ready",
  "node.kubernetes.io/network-unavailable",
]);

function canRun(node: KubeObject, target: SideFacts): boolean {
  const pod = field(target.deployments.find(isIronic), "spec", "template", "spec");
  const selector = (field(pod, "nodeSelector") ?? {}) as Record<string, string>;
  const tolerations = field(pod, "tolerations") as { key?: string; operator?: string }[] | undefined;
  const tolerates = (key: string) =>
    tolerations
      ? tolerations.some((toleration) => toleration.key === undefined || toleration.key === key)
      : tolerated.has(key);
  return (
    isTrue(node, "Ready") &&
    field(node, "spec", "unschedulable") !== true &&
    blockingTaints(node).every(tolerates) &&
    Object.entries(selector).every(([key, value]) => node.metadata.labels?.[key] === value)
  );
}

function blockingTaints(node: KubeObject): string[] {
  const taints = (field(node, "spec", "taints") ?? []) as { key: string; effect: string }[];
  return taints.filter(({ effect }) => effect !== "PreferNoSchedule").map(({ key }) => key);
}

function whyNot(node: KubeObject): string {
  const reasons = [
    ...(isTrue(node, "Ready") ? [] : ["not ready"]),
    ...(field(node, "spec", "unschedulable") === true ? ["cordoned"] : []),
    ...blockingTaints(node).map((key) => `taint ${key}`),
  ];
  return `${node.metadata.name}: ${reasons.join(", ") || "lacks the labels of the nodeSelector"}`;
}

function assessMemory(candidates: readonly KubeObject[]): Finding[] {
  const pressed = (node: KubeObject) =>
    ["MemoryPressure", "DiskPressure", "PIDPressure"].filter((type) => isTrue(node, type));
  if (candidates.every((node) => pressed(node).length > 0)) {
    return candidates.map((node) =>
      unsettled(
        `${describe({ ...node, kind: "Node" })} on the target`,
        `is under ${pressed(node).join(" and ")} (${condition(node, pressed(node)[0] ?? "")?.message ?? ""})`,
        "make room on it: no pod is started there",
      ),
    );
  }
  const roomy = candidates.some((node) => {
    const bytes = quantityBytes(text(node, "status", "allocatable", "memory"));
    return bytes === undefined || bytes >= neededMemory;
  });
  return roomy
    ? []
    : [
        warning(
          "target",
          `has no node with ${neededMemory / 1024 ** 3} GiB of memory for pods, which Ironic and the operator may need`,
          "give a node more memory",
        ),
      ];
}

/** Bytes of a quantity of memory such as "3936644Ki". */
export function quantityBytes(quantity: string | undefined): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(Ki|Mi|Gi|Ti|k|M|G|T)?$/.exec(quantity ?? "");
  if (!match) {
    return undefined;
  }
  const unit = match[2] ?? "";
  const power = ["", "k", "M", "G", "T"].indexOf(unit.replace("i", "").replace("K", "k"));
  return Number(match[1]) * (unit.endsWith("i") ? 1024 : 1000) ** power;
}

function assessNetwork(candidates: readonly KubeObject[], facts: GateFacts): Finding[] {
  const network = provisioningNetwork(facts);
  if (!network) {
    return [];
  }
  const addresses = candidates.flatMap(nodeAddresses);
  return addresses.some((address) => contains(network, address))
    ? []
    : [
        warning(
          "target",
          `no node that can run Ironic reports an address on the provisioning network ${network} (they report ${addresses.join(", ") || "none"})`,
          "see that the provisioning interface is there and has an address: Ironic waits for it, and a node reports one address only",
        ),
      ];
}

/** Addresses that a node reports of itself. */
export function nodeAddresses(node: KubeObject): string[] {
  const addresses = (field(node, "status", "addresses") ?? []) as { type: string; address: string }[];
  return addresses.filter(({ type }) => type !== "Hostname").map(({ address }) => address);
}

/** Environment variable of Ironic's containers with the endpoint address. */
const addressVariable = "PROVISIONING_IP";

/** Ironic's endpoint address, from the environment that either side keeps for it. */
export function ironicAddress({ source, target }: Pick<GateFacts, "source" | "target">): string | undefined {
  return [...(target?.settings ?? []), ...source.settings]
    .map((settings) => text(settings, "data", addressVariable))
    .find((address) => address !== undefined);
}

/** The provisioning network: that of the address pool around Ironic's endpoint address. Undefined where it cannot be told. */
function provisioningNetwork(facts: GateFacts): string | undefined {
  const address = ironicAddress(facts);
  if (address === undefined || !ipaddr.isValid(address)) {
    return undefined;
  }
  const prefixes = facts.source.inventory.moving
    .filter(({ kind }) => kind === "IPPool")
    .map((pool) => field(pool, "spec", "prefix"))
    .filter((prefix): prefix is number => typeof prefix === "number");
  return prefixes.length > 0 ? `${address}/${Math.max(...prefixes)}` : undefined;
}

function contains(network: string, address: string): boolean {
  if (!ipaddr.isValid(address) || !ipaddr.isValidCIDR(network)) {
    return false;
  }
  const [base, bits] = ipaddr.parseCIDR(network);
  const parsed = ipaddr.parse(address);
  return parsed.kind() === base.kind() && parsed.match(base, bits);
}
