import { type ConfigPath, type ConfigProblem, problem } from "../problem";
import type { Check } from "./check";

/** Prefixes that Cluster API copies from a Machine to its Node. */
const synchronised =
  /^(node-role\.kubernetes\.io|node-restriction\.kubernetes\.io|([a-z0-9.-]+\.)?node\.cluster\.x-k8s\.io)\//;

/** True for a label with a prefix that is Kubernetes' own and is meant to be set by an administrator. */
function isSynchronisedLabel(key: string): boolean {
  return synchronised.test(key) || key === "node.cluster.x-k8s.io";
}

/** Node labels are ones that somebody may set, and no taint is there twice. */
export const checkNodes: Check = ({ draft }) =>
  (draft.workerPools ?? []).flatMap((pool, index) => [
    ...Object.keys(pool?.nodeLabels ?? {}).flatMap((key) =>
      nodeLabelProblems(["workerPools", index, "nodeLabels", key], key),
    ),
    ...(pool?.taints ?? []).flatMap((taint, position, taints) =>
      taints.slice(0, position).some((other) => other?.key === taint?.key && other?.effect === taint?.effect)
        ? [
            problem(
              ["workerPools", index, "taints", position],
              taint,
              "is a second taint with this key and effect",
              "Keep one of them.",
            ),
          ]
        : [],
    ),
  ]);

function nodeLabelProblems(path: ConfigPath, key: string): ConfigProblem[] {
  const prefix = key.includes("/") ? key.slice(0, key.indexOf("/")) : "";
  const reserved = /(^|\.)(kubernetes\.io|k8s\.io)$/.test(prefix) && !isSynchronisedLabel(key);
  if (!reserved && key !== "metal3.io/uuid") return [];
  return [
    problem(
      path,
      undefined,
      "is a label that only Kubernetes or Metal3 itself may set",
      'Use a prefix of your own, or "node-role.kubernetes.io" or "node-restriction.kubernetes.io".',
    ),
  ];
}
