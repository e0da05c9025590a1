import { hostLine, type HostView, isUsable } from "../hosts/hostState";
import { type ClusterMachines, hostOf, isOutdated, unfinishedRollout } from "../machines/outdated";
import { field, isTrue, type KubeObject, text } from "../shared/kube/objects";

interface ExpectedTaint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
}

/** What is expected of the nodes of a pool. */
export interface ExpectedPool {
  /** Name of its MachineDeployment. */
  readonly deployment: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly ExpectedTaint[];
}

/** What is expected of a cluster. */
export interface ExpectedNodes {
  readonly controlPlaneReplicas: number;
  readonly workerReplicas: number;
  readonly pools?: readonly ExpectedPool[];
}

/** What was found. */
export interface NodesReadiness {
  /** Node name to Machine name, of the machines that are up. */
  readonly nodes: Readonly<Record<string, string>>;
  /** Why the cluster is not as expected, one reason each; empty when it is. */
  readonly missing: readonly string[];
}

const controlPlaneLabel = "cluster.x-k8s.io/control-plane";
const deploymentLabel = "cluster.x-k8s.io/deployment-name";

/** Compares machines and their hosts with what is expected: every host written, and none on its way to something else. */
export function assessDeployment(
  machines: readonly KubeObject[],
  hosts: readonly HostView[],
  expected: ExpectedNodes,
): NodesReadiness {
  const deployed: Record<string, string> = {};
  const missing = machines.flatMap((machine) => {
    const { name, deletionTimestamp } = machine.metadata;
    const host = hostOf(machine, hosts);
    if (deletionTimestamp !== undefined) return [`${name} is being deleted`];
    if (host === undefined) return [`${name} has no host yet`];
    if (host.state !== "provisioned") return [`${name} waits for ${hostLine(host, host.name)}`];
    deployed[host.name] = name;
    return [];
  });
  const spare = hosts.filter(({ consumer }) => consumer === undefined);
  const busy = spare.filter((host) => !isUsable(host)).map((host) => `spare ${hostLine(host, host.name)}`);
  const wanted = expected.controlPlaneReplicas + expected.workerReplicas;
  const absent = machines.length === wanted ? [] : [`${machines.length} of ${wanted} machines exist`];
  return { nodes: deployed, missing: [...absent, ...missing, ...busy] };
}

/**
 * Compares machines and nodes with what is expected. Machines on their way out, or to be replaced, are not counted, but waited
 * for.
 */
export function assessNodes(
  found: ClusterMachines,
  nodes: readonly KubeObject[],
  expected: ExpectedNodes,
): NodesReadiness {
  const { machines } = found;
  const owners = [...(found.controlPlane ? [found.controlPlane] : []), ...found.deployments];
  const missing: string[] = owners.flatMap((owner) => unfinishedRollout(owner) ?? []);
  const up: Record<string, string> = {};
  const nodeByName = new Map(nodes.map((node) => [node.metadata.name, node]));
  const staying = machines.filter((machine) => machine.metadata.deletionTimestamp === undefined);
  for (const machine of machines) {
    if (machine.metadata.deletionTimestamp !== undefined) {
      missing.push(`${machine.metadata.name} is being deleted`);
      continue;
    }
    const trouble = isOutdated(machine, found)
      ? "is to be replaced"
      : machineTrouble(machine, nodeByName, poolOf(machine, expected));
    if (trouble) {
      missing.push(`${machine.metadata.name} ${trouble}`);
    } else {
      up[text(machine, "status", "nodeRef", "name") ?? ""] = machine.metadata.name;
    }
  }
  const controlPlane = staying.filter(
    (machine) => machine.metadata.labels?.[controlPlaneLabel] !== undefined,
  ).length;
  const workers = staying.length - controlPlane;
  if (controlPlane !== expected.controlPlaneReplicas) {
    missing.push(`${controlPlane} of ${expected.controlPlaneReplicas} control plane machines exist`);
  }
  if (workers !== expected.workerReplicas) {
    missing.push(`${workers} of ${expected.workerReplicas} worker machines exist`);
  }
  return { nodes: up, missing };
}

function poolOf(machine: KubeObject, { pools }: ExpectedNodes): ExpectedPool | undefined {
  return pools?.find(({ deployment }) => deployment === machine.metadata.labels?.[deploymentLabel]);
}

function machineTrouble(
  machine: KubeObject,
  nodes: ReadonlyMap<string, KubeObject>,
  pool: ExpectedPool | undefined,
): string | undefined {
  const phase = text(machine, "status", "phase") ?? "new";
  const nodeName = text(machine, "status", "nodeRef", "name");
  if (nodeName === undefined) {
    return `is ${phase} and has no node`;
  }
  const node = nodes.get(nodeName);
  if (!node) {
    return `is ${phase}; its node ${nodeName} does not exist`;
  }
  if (!isTrue(node, "Ready")) {
    return `is ${phase}; its node ${nodeName} is not Ready`;
  }
  if (phase !== "Running") {
    return `is ${phase}; its node ${nodeName} is Ready`;
  }
  const lacking = pool ? lackingSettings(node, pool) : [];
  return lacking.length === 0 ? undefined : `is Running; its node ${nodeName} lacks ${lacking.join(", ")}`;
}

/** Labels and taints of the pool that a node does not carry. */
function lackingSettings(node: KubeObject, { labels, taints }: ExpectedPool): string[] {
  const present = (field(node, "spec", "taints") ?? []) as readonly ExpectedTaint[];
  return [
    ...Object.entries(labels)
      .filter(([key, value]) => node.metadata.labels?.[key] !== value)
      .map(([key]) => `the label ${key}`),
    ...taints
      .filter(
        (taint) =>
          !present.some(
            ({ key, value, effect }) =>
              key === taint.key && effect === taint.effect && (value ?? "") === (taint.value ?? ""),
          ),
      )
      .map(({ key, effect }) => `the taint ${key}:${effect}`),
  ];
}
