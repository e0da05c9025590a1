import { type ConfigProblem, formatPath, problem } from "../problem";
import type { Check } from "./check";

/** An odd number of control plane nodes, pools with a name and a size of their own, and somewhere for pods to run. */
export const checkReplicas: Check = ({ draft }) => {
  const problems: ConfigProblem[] = [];
  const replicas = draft.controlPlane?.replicas;
  if (replicas !== undefined && replicas % 2 === 0) {
    problems.push(
      problem(
        ["controlPlane", "replicas"],
        replicas,
        replicas === 0
          ? "leaves the cluster without a control plane"
          : "is even, so etcd gains no fault tolerance",
        "Use 1, 3, 5 or 7.",
      ),
    );
  } else if (replicas !== undefined && replicas > 7) {
    problems.push(
      problem(["controlPlane", "replicas"], replicas, "is more than etcd is made for", "Use 1, 3, 5 or 7."),
    );
  }
  const pools = draft.workerPools ?? [];
  const names = new Map<string, number>();
  pools.forEach((pool, index) => {
    if (pool?.name !== undefined) {
      const earlier = names.get(pool.name);
      if (earlier !== undefined) {
        const other = formatPath(["workerPools", earlier, "name"]);
        problems.push(
          problem(
            ["workerPools", index, "name"],
            pool.name,
            `is the same as ${other}`,
            "Name each pool once.",
          ),
        );
      } else {
        names.set(pool.name, index);
      }
    }
  });
  const workers = pools.reduce((sum, pool) => sum + (pool?.replicas ?? 0), 0);
  if (
    draft.controlPlane?.schedulable === false &&
    pools.every((pool) => pool?.replicas !== undefined) &&
    !workers
  ) {
    problems.push(
      problem(
        ["controlPlane", "schedulable"],
        false,
        "leaves no node on which the cluster's own controllers can run, as there are no workers",
        "Set it to true, or ask for at least one worker.",
      ),
    );
  }
  return problems;
};
