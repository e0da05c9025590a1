/** Memory control group of a container, from `/proc/<pid>/cgroup` of its first process. Pure. */
export interface MemoryGroup {
  /** Folder below the mount of the hierarchy, with a leading slash. */
  readonly path: string;
  /** 1 where memory has a hierarchy of its own, 2 where all controllers share one. */
  readonly version: 1 | 2;
}

/**
 * Finds the group of the whole container: its first process may have gone into a group further down, as systemd does. Pure.
 *
 * @param id the container's full id, which is part of its group's name
 */
export function memoryGroup(procCgroup: string, id: string): MemoryGroup | undefined {
  const entries = procCgroup.split("\n").flatMap((line) => {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    return controllers === undefined || path === undefined
      ? []
      : [{ controllers: controllers.split(","), path }];
  });
  const own = entries.find(({ controllers }) => controllers.includes("memory"));
  const shared = entries.find(({ controllers }) => controllers.length === 1 && controllers[0] === "");
  const entry = own ?? shared;
  if (!entry) return undefined;
  const parts = entry.path.split("/");
  const last = parts.findIndex((part) => part.includes(id));
  if (last < 0) return undefined;
  return { path: parts.slice(0, last + 1).join("/"), version: own ? 1 : 2 };
}

/**
 * Memory in use as `docker stats` counts it: without the page cache that can be dropped at once. Pure.
 *
 * @param usage content of `memory.usage_in_bytes` or `memory.current`
 * @param stat content of `memory.stat`
 * @returns bytes
 */
export function memoryInUse(usage: string, stat: string): number {
  const field = (name: string) => new RegExp(`^${name} (\\d+)$`, "m").exec(stat)?.[1];
  const inactive = Number(field("total_inactive_file") ?? field("inactive_file") ?? 0);
  const total = Number(usage.trim());
  return inactive < total ? total - inactive : total;
}
