/** The containers of kind clusters, as the container engine knows them. */
import { z } from "zod";
import { ownerFromMounts } from "./owner";
import { run } from "./programs";
import type { RunOptions } from "./programs";

/** Label by which kind marks the containers of a cluster. */
const CLUSTER_LABEL = "io.x-k8s.kind.cluster";
const ROLE_LABEL = "io.x-k8s.kind.role";

const inspection = z.array(
  z.object({
    Id: z.string(),
    Name: z.string(),
    Config: z.object({ Labels: z.record(z.string(), z.string()).nullable() }),
    Mounts: z.array(z.object({ Destination: z.string() })).default([]),
    NetworkSettings: z.object({
      Networks: z.record(
        z.string(),
        z.object({ IPAddress: z.string(), GlobalIPv6Address: z.string().default("") }),
      ),
    }),
  }),
);

/** A container of a cluster. */
export interface ClusterContainer {
  readonly id: string;
  readonly name: string;
  /** "control-plane", "worker" or "external-load-balancer". */
  readonly role: string;
  /** Mark of the resource that made it; undefined where kind was run by other hands. */
  readonly owner: string | undefined;
  /** Address on each network by its name; IPv4 where there is one. */
  readonly addresses: ReadonlyMap<string, string>;
}

/** All containers of a cluster, running or not, by name. */
export async function clusterContainers(cluster: string, options: RunOptions): Promise<ClusterContainer[]> {
  const filter = `label=${CLUSTER_LABEL}=${cluster}`;
  const ids = (await run("docker", ["ps", "--all", "--quiet", "--filter", filter], options))
    .split("\n")
    .filter(Boolean);
  if (ids.length === 0) return [];
  const found = inspection.parse(JSON.parse(await run("docker", ["inspect", ...ids], options)));
  return found
    .map((container) => ({
      id: container.Id,
      name: container.Name.replace(/^\//, ""),
      role: container.Config.Labels?.[ROLE_LABEL] ?? "",
      owner: ownerFromMounts(container.Mounts.map(({ Destination }) => Destination)),
      addresses: new Map(
        Object.entries(container.NetworkSettings.Networks).map(
          ([network, { IPAddress, GlobalIPv6Address }]) => [network, IPAddress || GlobalIPv6Address],
        ),
      ),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The containers that are Kubernetes nodes. */
export function nodesOf(containers: readonly ClusterContainer[]): ClusterContainer[] {
  return containers.filter(({ role }) => role === "control-plane" || role === "worker");
}

/** The first control plane node: the one whose API server all kubeconfigs name. */
export function firstControlPlane(containers: readonly ClusterContainer[]): ClusterContainer {
  const found = containers.find(({ role }) => role === "control-plane");
  if (!found) throw new Error("the cluster has no control plane container");
  return found;
}

/** Removes containers with their anonymous volumes. */
export async function removeContainers(
  containers: readonly ClusterContainer[],
  options: RunOptions,
): Promise<void> {
  if (containers.length === 0) return;
  await run("docker", ["rm", "--force", "--volumes", ...containers.map(({ id }) => id)], options);
}

/** Writes a file in a container, with its folder; other readers see the old or the new content, nothing between. */
export async function writeFile(
  container: string,
  file: string,
  content: string,
  options: RunOptions,
): Promise<void> {
  const script = 'mkdir -p "${1%/*}" && cat > "$1.new" && mv "$1.new" "$1"';
  const args = ["exec", "--interactive", container, "sh", "-c", script, "sh", file];
  await run("docker", args, { ...options, stdin: content });
}

/** Removes a folder of a container. */
export async function removeFolder(container: string, folder: string, options: RunOptions): Promise<void> {
  await run("docker", ["exec", container, "rm", "-rf", folder], options);
}
