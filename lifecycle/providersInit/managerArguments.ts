/** Label of Cluster API's core provider, whose manager knows the nodes of workload clusters. */
const core = "cluster-api";

/**
 * Arguments of a provider's manager: those of its manifest, set to watch one namespace; and for the core one, which keeps the
 * labels and taints of a pool on its nodes, to do so with all labels of a Machine, and with taints, which upstream still has
 * behind a feature gate. Without these, another label or taint would make every node of the pool anew.
 *
 * @param args As they stand in the manifest, clusterctl's variables in them included, or on a cluster.
 */
export function managerArguments(label: string, args: readonly string[], namespace: string): string[] {
  const kept = args.filter((argument) => !/^--(namespace|additional-sync-machine-labels)=/.test(argument));
  return label === core
    ? [
        ...kept.map((argument) =>
          argument.replace(/\bMachineTaintPropagation=(\$\{[^}]*\}|\w+)/, "MachineTaintPropagation=true"),
        ),
        `--namespace=${namespace}`,
        "--additional-sync-machine-labels=.+",
      ]
    : [...kept, `--namespace=${namespace}`];
}
