import type { ClusterConfig } from "../../config/clusterConfig";
import { type ConfigProblem, problem } from "../../config/problem";
import type { HostView } from "../hosts/hostState";
import { hostOf, isControlPlane } from "../machines/outdated";
import { type KubeObject, text } from "../shared/kube/objects";
import type { RunningCluster } from "./read";

/** Hosts that run a machine of the cluster and are in the inventory no more: their objects' end would wipe them undrained. */
export function lostHosts(config: ClusterConfig, found: RunningCluster): ConfigProblem[] {
  const listed = new Set(config.hosts.map(({ name }) => name));
  return found.machines.flatMap((machine) => {
    const host = hostOf(machine, found.hosts);
    if (host === undefined || listed.has(host.name)) return [];
    const node = text(machine, "status", "nodeRef", "name");
    return [
      problem(
        ["hosts"],
        host.name,
        `is missing and in use: the host runs machine ${machine.metadata.name}${node ? ` (node ${node})` : ""}, which would be wiped without being drained`,
        remedy(config, machine, host),
      ),
    ];
  });
}

function remedy(config: ClusterConfig, machine: KubeObject, { name }: HostView): string {
  const { namespace } = config;
  const ref = `--namespace ${namespace} machine ${machine.metadata.name}`;
  const replace = `With a spare host, replace the machine (kubectl delete ${ref}), and remove the host when it is "available".`;
  if (isControlPlane(machine)) {
    return config.controlPlane.replicas > 1
      ? `Put ${name} back and run this again. ${replace}`
      : `Put ${name} back and run this again. With a spare host, have the only control plane machine made anew there (kubectl patch --namespace ${namespace} kubeadmcontrolplane ${config.clusterName}-control-plane --type merge --patch '{"spec":{"rollout":{"after":"<time, as 2026-01-01T00:00:00Z>"}}}'), and remove the host when it is "available".`;
  }
  return (
    `Put ${name} back and run this again. Then either ask for one machine less, this one (kubectl annotate ${ref} cluster.x-k8s.io/delete-machine=yes; ` +
    `fewer replicas; pulumi up), and remove the host afterwards. Or keep the replicas: ${replace}`
  );
}

/** Hosts that come and go. */
export function hostNotes(config: ClusterConfig, found: RunningCluster): string[] {
  const listed = new Set(config.hosts.map(({ name }) => name));
  const known = new Set(found.hosts.map(({ name }) => name));
  return [
    ...config.hosts
      .filter(({ name }) => !known.has(name))
      .map(({ name }) => `Host ${name} is new: it is switched on, inspected and cleaned.`),
    ...found.hosts
      .filter(({ name, consumer, deleting }) => !listed.has(name) && consumer === undefined && !deleting)
      .map(({ name }) => `Host ${name} leaves the inventory: it is switched off. It runs no machine.`),
  ];
}
