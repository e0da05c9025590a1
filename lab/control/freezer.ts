import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Freezer hierarchy of cgroup v1 with the engine's containers; absent where there is only cgroup v2. */
const dockerFreezer = "/sys/fs/cgroup/freezer/docker";

/**
 * Thaws everything frozen inside a container, so that it can be ended.
 *
 * On cgroup v1 runc freezes a pod's cgroup for a moment while it sets the pod's devices. Killed in that moment, together
 * with the node that it runs in, it leaves processes that no signal reaches, and the engine cannot remove the node's
 * container ("did not receive an exit event").
 *
 * @param id Full id of the container.
 * @param hierarchy Folder of the engine's containers in the freezer hierarchy.
 * @returns Number of cgroups that were frozen.
 */
export function thawContainer(id: string, hierarchy = dockerFreezer): number {
  const root = join(hierarchy, id);
  return existsSync(root) ? thaw(root) : 0;
}

function thaw(cgroup: string): number {
  const children = readdirSync(cgroup, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const thawed = children.reduce((sum, child) => sum + thaw(join(cgroup, child.name)), 0);
  const state = join(cgroup, "freezer.state");
  if (!existsSync(state) || readFileSync(state, "utf8").trim() === "THAWED") return thawed;
  writeFileSync(state, "THAWED");
  return thawed + 1;
}
