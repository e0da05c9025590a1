import { hostLine, type HostView, isUsable } from "../hosts/hostState";
import { hostOf } from "../machines/outdated";
import { isTrue, type KubeObject, text } from "../shared/kube/objects";

/** What is expected of a cluster. */
export interface ExpectedNodes {
  readonly controlPlaneReplicas: number;
  readonly workerReplicas: number;
}

/** What was found. */
export interface NodesReadiness {
  /** Node name to Machine name, of the machines that are up. */
  readonly nodes: Readonly<Record<string, string>>;
  /** Why the cluster is not as expected, one reason each; empty when it is. */
  readonly missing: readonly string[];
}

const controlPlaneLabel = "cluster.x-k8s.io/control-plane";

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

/** Compares machines and nodes with what is expected. Machines on their way out are not counted, but waited for. */
export function assessNodes(
  machines: readonly KubeObject[],
  nodes: readonly KubeObject[],
  expected: ExpectedNodes,
): NodesReadiness {
  const missing: string[] = [];
  const up: Record<string, string> = {};
  const nodeByName = new Map(nodes.map((node) => [node.metadata.name, node]));
  const staying = machines.filter((machine) => machine.metadata.deletionTimestamp === undefined);
  for (const machine of machines) {
    if (machine.metadata.deletionTimestamp !== undefined) {
      missing.push(`${machine.metadata.name} is being deleted`);
      continue;
    }
    const trouble = machineTrouble(machine, nodeByName);
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

function machineTrouble(machine: KubeObject, nodes: ReadonlyMap<string, KubeObject>): string | undefined {
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
  return phase === "Running" ? undefined : `is ${phase}; its node ${nodeName} is Ready`;
}
