import type { ClusterConfig } from "../../config/clusterConfig";
import { matches } from "../../config/hostMatching";
import type { ClusterObject } from "../../manifests/targetCluster";
import { controlPlaneName, poolGroup, revisionAnnotation } from "../../manifests/rollout";
import { workerPoolStem } from "../../manifests/workerPool";
import { hostOf, isControlPlane } from "../machines/outdated";
import { count, describe, type KubeObject, text } from "../shared/kube/objects";
import type { RunningCluster } from "./read";

/** A group of machines, as it is and as it is to be. */
export interface MachineGroup {
  /** Name in `manifests/rollout.ts`. */
  readonly name: string;
  /** The object that owns the machines: "KubeadmControlPlane metal3/lab-control-plane". */
  readonly owner: string;
  /** Machines now. 0 for a group that is not there yet. */
  readonly before: number;
  /** Machines wanted. Undefined for a group that is given up. */
  readonly after?: number;
  /** Why its machines are made anew; empty when they are not. */
  readonly reasons: readonly string[];
  readonly machines: readonly KubeObject[];
  readonly hostSelector: Readonly<Record<string, string>>;
}

const deploymentLabel = "cluster.x-k8s.io/deployment-name";

/** The control plane and every pool, those that are given up among them. */
export function machineGroups(
  config: ClusterConfig,
  objects: readonly ClusterObject[],
  found: RunningCluster,
): MachineGroup[] {
  const wanted = (role: string) => objects.find((object) => object.role === role)?.object;
  const pools = config.workerPools.flatMap((pool): MachineGroup[] => {
    const name = workerPoolStem(config, pool);
    const live = found.deployments.find(({ metadata }) => metadata.name === name);
    const object = wanted(`pool-${pool.name}`);
    return object
      ? [
          {
            name: poolGroup(pool.name),
            owner: describe(object),
            before: live ? (count(live, "spec", "replicas") ?? 1) : 0,
            after: pool.replicas,
            reasons: live ? poolReasons(live, object) : [],
            machines: machinesOf(name, found),
            hostSelector: pool.hostSelector,
          },
        ]
      : [];
  });
  const kept = new Set(config.workerPools.map((pool) => workerPoolStem(config, pool)));
  const given = found.deployments
    .filter(({ metadata }) => !kept.has(metadata.name) && metadata.deletionTimestamp === undefined)
    .map((live) => ({
      name: live.metadata.name,
      owner: describe(live),
      before: count(live, "spec", "replicas") ?? 1,
      reasons: [],
      machines: machinesOf(live.metadata.name, found),
      hostSelector: {},
    }));
  return [...controlPlaneGroup(config, wanted("control-plane"), found), ...pools, ...given];
}

function controlPlaneGroup(
  config: ClusterConfig,
  wanted: ClusterObject["object"] | undefined,
  found: RunningCluster,
): MachineGroup[] {
  const live = found.controlPlane;
  if (!live || !wanted) return [];
  return [
    {
      name: controlPlaneName,
      owner: describe(wanted),
      before: count(live, "spec", "replicas") ?? 1,
      after: config.controlPlane.replicas,
      reasons: controlPlaneReasons(live, wanted),
      machines: found.machines.filter(isControlPlane),
      hostSelector: config.controlPlane.hostSelector,
    },
  ];
}

function machinesOf(deployment: string, { machines }: RunningCluster): KubeObject[] {
  return machines.filter(({ metadata }) => metadata.labels?.[deploymentLabel] === deployment);
}

const templateReason = "the machines' image, hosts or network settings change";
const configurationReason = "the configuration of the nodes changes";

function controlPlaneReasons(live: KubeObject, wanted: KubeObject): string[] {
  const template = ["spec", "machineTemplate", "spec", "infrastructureRef", "name"] as const;
  const known = [
    ...versionReason(text(live, "spec", "version"), text(wanted, "spec", "version")),
    ...(text(live, ...template) === text(wanted, ...template) ? [] : [templateReason]),
  ];
  const revision = live.metadata.annotations?.[revisionAnnotation];
  const other = revision !== undefined && revision !== wanted.metadata.annotations?.[revisionAnnotation];
  return known.length === 0 && other ? [configurationReason] : known;
}

function poolReasons(live: KubeObject, wanted: KubeObject): string[] {
  const machine = ["spec", "template", "spec"] as const;
  const same = (...path: string[]) => text(live, ...machine, ...path) === text(wanted, ...machine, ...path);
  return [
    ...versionReason(text(live, ...machine, "version"), text(wanted, ...machine, "version")),
    ...(same("infrastructureRef", "name") ? [] : [templateReason]),
    ...(same("bootstrap", "configRef", "name") ? [] : [configurationReason]),
  ];
}

function versionReason(before: string | undefined, after: string | undefined): string[] {
  return before === after || before === undefined ? [] : [`Kubernetes ${before} becomes ${after ?? ""}`];
}

/** What becomes of the hosts of each group, in words. */
export function machineNotes(
  config: ClusterConfig,
  groups: readonly MachineGroup[],
  found: RunningCluster,
): string[] {
  return groups.flatMap((group) => [...rolloutNote(config, group, found), ...sizeNote(config, group, found)]);
}

function rolloutNote(config: ClusterConfig, group: MachineGroup, found: RunningCluster): string[] {
  if (group.reasons.length === 0 || group.machines.length === 0) return [];
  const spare = spareHosts(config, group, found);
  const first = spare.length
    ? `The first new machine takes a spare host (${spare.join(", ")}).`
    : "There is no spare host: a machine goes before its successor comes.";
  return [
    `${group.owner}: ${group.reasons.join("; ")}. Its machines are made anew, one after another, and their hosts are RE-IMAGED: ${hostList(group, found)}. ${first}`,
  ];
}

function sizeNote(config: ClusterConfig, group: MachineGroup, found: RunningCluster): string[] {
  const { before, after, owner } = group;
  if (after === undefined) {
    return [
      `${owner} is given up: its nodes are drained, their hosts wiped and spare again: ${hostList(group, found)}.`,
    ];
  }
  if (after > before) {
    const spare = spareHosts(config, group, found).join(", ");
    return [
      `${owner} grows from ${before} to ${after}: image is written to ${after - before} of the spare hosts (${spare || "none yet"}).`,
    ];
  }
  return after < before
    ? [
        `${owner} shrinks from ${before} to ${after}: ${before - after} of its nodes are drained, their hosts wiped and spare again; candidates: ${hostList(group, found)}.`,
      ]
    : [];
}

function hostList({ machines }: MachineGroup, { hosts }: RunningCluster): string {
  const list = machines.map(
    (machine) => `${hostOf(machine, hosts)?.name ?? "no host yet"} (machine ${machine.metadata.name})`,
  );
  return list.sort().join(", ") || "none";
}

/** Hosts that a machine of the group may take now, those that the change brings among them. */
function spareHosts(config: ClusterConfig, { hostSelector }: MachineGroup, found: RunningCluster): string[] {
  const taken = new Set(found.hosts.filter(({ consumer }) => consumer !== undefined).map(({ name }) => name));
  return config.hosts
    .filter((host) => !taken.has(host.name) && matches(hostSelector, host))
    .map(({ name }) => name);
}
