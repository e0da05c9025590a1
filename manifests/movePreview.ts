import type { ClusterConfig } from "../config/clusterConfig";
import { targetClusterObjects } from "./targetCluster";

/** What the pivot will move, as far as the configuration tells. */
export interface MovePreview {
  readonly total: number;
  /** Number of objects by kind, those included that controllers make. */
  readonly byKind: Readonly<Record<string, number>>;
  /** How many of them the configuration declares itself. */
  readonly declared: number;
  /** The graph of owners, drawn; equal objects stand in one line. */
  readonly tree: readonly string[];
}

/** Secrets that the control plane's controller makes: certificate authorities, service accounts' key, kubeconfig. */
const clusterSecrets = ["ca", "etcd", "proxy", "sa", "kubeconfig"].length;

/** Secrets of each machine: user data, metadata, network data. */
const machineSecrets = 3;

/** What controllers make for each machine, one of each; as of Cluster API 1.13 and CAPM3 1.13. */
const perMachine = [
  "Machine",
  "KubeadmConfig",
  "Metal3Machine",
  "Metal3DataClaim",
  "Metal3Data",
  "IPClaim",
  "IPAddress",
] as const;

/**
 * What will move, from the configuration alone: neither a cluster nor a network is asked. The declared objects are exact; of
 * those that controllers make, it says what the present versions make. The gate reads the real ones.
 */
export function movePreview(config: ClusterConfig): MovePreview {
  const declared = targetClusterObjects(config).map(({ object }) => object.kind);
  const hosts = config.hosts.length;
  const pools = config.workerPools;
  const machines = config.controlPlane.replicas + pools.reduce((sum, { replicas }) => sum + replicas, 0);
  const counts: Record<string, number> = {};
  const add = (kind: string, count = 1) => (counts[kind] = (counts[kind] ?? 0) + count);
  declared.forEach((kind) => add(kind));
  add("BareMetalHost", hosts);
  add("HardwareData", hosts);
  add("MachineSet", pools.length);
  perMachine.forEach((kind) => add(kind, machines));
  add("Secret", hosts + clusterSecrets + machineSecrets * machines);
  const byKind = Object.fromEntries(
    Object.entries(counts)
      .filter(([, count]) => count > 0)
      .sort(([a], [b]) => a.localeCompare(b)),
  );
  return {
    total: Object.values(byKind).reduce((sum, count) => sum + count, 0),
    byKind,
    // A host comes with the secret of its BMC.
    declared: declared.length + 2 * hosts,
    tree: drawTree(config, declared, machines),
  };
}

function drawTree(config: ClusterConfig, declared: readonly string[], machines: number): string[] {
  const { clusterName, controlPlane, workerPools, hosts } = config;
  const templates = [...new Set(declared.filter((kind) => kind.endsWith("Template")))].map(
    (kind) => `${declared.filter((other) => other === kind).length} ${kind}`,
  );
  const machineLine = (count: number) =>
    `${count} Machine, each with ${perMachine.slice(1).join(", ")} and ${machineSecrets} Secrets`;
  const branches: string[][] = [
    ["Metal3Cluster"],
    ["IPPool"],
    [`${clusterSecrets} Secret: certificates and kubeconfig`],
    [templates.join(", ")],
    [`KubeadmControlPlane ${clusterName}-control-plane`, `└─ ${machineLine(controlPlane.replicas)}`],
    ...workerPools.map(({ name, replicas }) => [
      `MachineDeployment ${clusterName}-${name}`,
      "└─ MachineSet",
      ...(replicas > 0 ? [`   └─ ${machineLine(replicas)}`] : []),
    ]),
  ];
  const spare = hosts.length - machines;
  return [
    `Cluster ${clusterName}`,
    ...branches.flatMap(([first = "", ...rest], index) => {
      const last = index === branches.length - 1;
      return [`${last ? "└─ " : "├─ "}${first}`, ...rest.map((line) => `${last ? "   " : "│  "}${line}`)];
    }),
    `${hosts.length} BareMetalHost${spare > 0 ? ` (${spare} spare)` : ""}, each with HardwareData and the Secret of its BMC`,
  ];
}

/** The preview in words, for a message. */
export function movePreviewText({ total, declared, byKind, tree }: MovePreview): string {
  const counts = Object.entries(byKind).map(([kind, count]) => `${count} ${kind}`);
  return [
    `The pivot will move ${total} objects, of which the configuration declares ${declared} and controllers make the rest:`,
    ...tree.map((line) => `  ${line}`),
    `By kind: ${counts.join(", ")}.`,
  ].join("\n");
}
