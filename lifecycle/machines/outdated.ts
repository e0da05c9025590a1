import { type HostView } from "../hosts/hostState";
import { condition, count, field, type KubeObject, text } from "../shared/kube/objects";

/** Annotation of a Metal3Machine with the template that it was made from. */
const clonedFrom = "cluster.x-k8s.io/cloned-from-name";

const controlPlaneLabel = "cluster.x-k8s.io/control-plane";
const deploymentLabel = "cluster.x-k8s.io/deployment-name";

/** What exists of a cluster between its owners and its hosts. */
export interface ClusterMachines {
  readonly controlPlane?: KubeObject;
  readonly deployments: readonly KubeObject[];
  readonly machines: readonly KubeObject[];
  readonly metal3Machines: readonly KubeObject[];
  readonly hosts: readonly HostView[];
}

/** Whether a Machine belongs to the control plane. */
export function isControlPlane(machine: KubeObject): boolean {
  return machine.metadata.labels?.[controlPlaneLabel] !== undefined;
}

/** The host that a Machine has taken. */
export function hostOf(machine: KubeObject, hosts: readonly HostView[]): HostView | undefined {
  const name = text(machine, "spec", "infrastructureRef", "name");
  return name === undefined ? undefined : hosts.find(({ consumer }) => consumer === `Metal3Machine ${name}`);
}

/** Whether a Machine is on its way out, or made from a template or a configuration that its owner no longer uses. */
export function isOutdated(machine: KubeObject, found: ClusterMachines): boolean {
  if (
    machine.metadata.deletionTimestamp !== undefined ||
    condition(machine, "UpToDate")?.status === "False"
  ) {
    return true;
  }
  // Known at once, while the condition comes with the owner's next look at its machines.
  const owner = isControlPlane(machine) ? found.controlPlane : deploymentOf(machine, found);
  const version = isControlPlane(machine)
    ? text(owner, "spec", "version")
    : text(owner, "spec", "template", "spec", "version");
  if (version !== undefined && version !== text(machine, "spec", "version")) {
    return true;
  }
  const infrastructure = text(machine, "spec", "infrastructureRef", "name");
  const template = found.metal3Machines.find(({ metadata }) => metadata.name === infrastructure)?.metadata
    .annotations?.[clonedFrom];
  const wanted = isControlPlane(machine)
    ? text(owner, "spec", "machineTemplate", "spec", "infrastructureRef", "name")
    : text(owner, "spec", "template", "spec", "infrastructureRef", "name");
  return template !== undefined && wanted !== undefined && template !== wanted;
}

function deploymentOf(machine: KubeObject, { deployments }: ClusterMachines): KubeObject | undefined {
  const name = machine.metadata.labels?.[deploymentLabel];
  return deployments.find(({ metadata }) => metadata.name === name);
}

/** The part of a cluster that stays when all pools but these are given up. */
export function withinPools(found: ClusterMachines, deployments: readonly string[]): ClusterMachines {
  const stays = (machine: KubeObject) =>
    isControlPlane(machine) || deployments.includes(machine.metadata.labels?.[deploymentLabel] ?? "");
  const going = new Set(
    found.machines.filter((machine) => !stays(machine)).map((machine) => hostOf(machine, found.hosts)?.name),
  );
  return {
    ...found,
    deployments: found.deployments.filter(({ metadata }) => deployments.includes(metadata.name)),
    machines: found.machines.filter(stays),
    hosts: found.hosts.filter(({ name }) => !going.has(name)),
  };
}

/**
 * What an owner of machines, a KubeadmControlPlane or a MachineDeployment, has not done yet of what is asked of it: it must have
 * seen its latest change, and have as many machines as it wants, all of them as it wants them. Undefined when it is done.
 */
export function unfinishedRollout(owner: KubeObject): string | undefined {
  const { name, generation = 0 } = owner.metadata;
  if ((count(owner, "status", "observedGeneration") ?? 0) < generation) {
    return `${name} was changed just now`;
  }
  const wanted = count(owner, "spec", "replicas") ?? 1;
  const upToDate = count(owner, "status", "upToDateReplicas") ?? 0;
  const all = count(owner, "status", "replicas") ?? 0;
  return upToDate === wanted && all === wanted
    ? undefined
    : `${name}: ${upToDate} of ${wanted} machines are up to date${all > upToDate ? `, ${all - upToDate} to be replaced` : ""}`;
}

/** The hosts whose errors concern the cluster as it is wanted now: in use, and not by a machine that goes anyway. */
export function hostsThatCount(found: ClusterMachines): HostView[] {
  const going = new Set(
    found.machines
      .filter((machine) => isOutdated(machine, found))
      .map((machine) => hostOf(machine, found.hosts)?.name),
  );
  return found.hosts.filter(({ name, consumer }) => consumer !== undefined && !going.has(name));
}

/** The hosts of machines that have no node yet. */
export function hostsWithoutNode(found: ClusterMachines): HostView[] {
  return found.machines
    .filter((machine) => !isOutdated(machine, found) && field(machine, "status", "nodeRef") === undefined)
    .flatMap((machine) => hostOf(machine, found.hosts) ?? []);
}

/**
 * Control plane machines that stand in the way of their successors.
 *
 * The control plane's controller replaces an outdated machine through the API server of the cluster, which there is none of
 * before the first machine is up. So a first machine that cannot come up, because its image is wrong for instance, would stay
 * for ever, also when the template was corrected. It never had a node, so nothing is lost when it goes; its owner makes
 * the next one from the new template.
 *
 * @param givenUp Names of hosts that an earlier run waited for in vain. A machine whose host is provisioned may be joining just
 *   now, so it is left alone unless its host is among them.
 */
export function abandonedMachines(found: ClusterMachines, givenUp: ReadonlySet<string>): KubeObject[] {
  return found.machines.filter((machine) => {
    const host = hostOf(machine, found.hosts);
    return (
      isControlPlane(machine) &&
      machine.metadata.deletionTimestamp === undefined &&
      field(machine, "status", "nodeRef") === undefined &&
      isOutdated(machine, found) &&
      (host === undefined || !/provisioned$/.test(host.state) || givenUp.has(host.name))
    );
  });
}
