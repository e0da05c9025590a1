import { LifecycleFailure } from "../shared/failure";
import { isAbsent, KubeClient } from "../shared/kube/client";
import { field, type KubeObject, secretValue, text } from "../shared/kube/objects";
import { types } from "../shared/kube/types";
import { managementKubeconfigPath, readManagementKubeconfig } from "../shared/managementKubeconfig";
import { readIfPresent } from "../shared/stateFolder";

/** How the user has named the clusters. Kubeconfigs are contents, not paths. */
export interface EndOptions {
  readonly stack: string;
  /** Path, or undefined. */
  readonly source?: string;
  readonly target?: string;
  readonly namespace: string;
  readonly clusterName?: string;
  readonly env: NodeJS.ProcessEnv;
}

/** The clusters that the gate looks at. */
export interface Ends {
  readonly source: KubeClient;
  readonly target?: KubeClient;
  readonly clusterName: string;
  readonly nodesOn: "source" | "target";
  /** What the user is told of the choice. */
  readonly notes: readonly string[];
}

/**
 * Finds the ends of the move. The source is the cluster that holds the objects: by option, by SOURCE_KUBECONFIG, or the
 * stack's management kubeconfig. The target is given in the same way, or is the moved cluster itself, whose kubeconfig the
 * source keeps in a Secret. A source that is the moved cluster itself has no target of its own.
 *
 * @throws LifecycleFailure when the source cannot be found or does not answer, or when the Cluster cannot be told.
 */
export async function findEnds(options: EndOptions, signal: AbortSignal): Promise<Ends> {
  const { source: sourceFile, stack, namespace, env } = options;
  const given = await fileOrVariable(sourceFile, env.SOURCE_KUBECONFIG);
  const kubeconfig = given ?? (await readManagementKubeconfig(stack));
  if (kubeconfig === undefined) {
    throw new LifecycleFailure(`there is no kubeconfig at ${managementKubeconfigPath(stack)}`, {
      remedy: "name one with --source, or run `pulumi up` or `pulumi preview` of the stack, which writes it",
    });
  }
  const source = KubeClient.fromKubeconfig("source", kubeconfig, signal);
  const clusters = await source.list(types.cluster, namespace);
  const cluster = chooseCluster(clusters, options);
  const clusterName = cluster?.metadata.name ?? options.clusterName ?? "";
  const isItself = cluster !== undefined && (await managesItself(source, cluster));
  const notes = [
    given === undefined ? `source: ${managementKubeconfigPath(stack)}` : "source: as given",
    ...(isItself ? ["the cluster manages itself: its objects have moved already"] : []),
  ];
  const base = { source, clusterName, nodesOn: isItself ? ("source" as const) : ("target" as const) };
  const targetGiven = await fileOrVariable(options.target, env.TARGET_KUBECONFIG);
  if (targetGiven !== undefined) {
    const target = KubeClient.fromKubeconfig("target", targetGiven, signal);
    return { ...base, target, notes: [...notes, "target: as given"] };
  }
  if (isItself) {
    return {
      ...base,
      notes: [...notes, "there is no other management cluster; what a move back would find here is checked"],
    };
  }
  const own = await workloadKubeconfig(source, namespace, clusterName);
  return own === undefined
    ? { ...base, notes: [...notes, "target: none yet; only the source is checked"] }
    : {
        ...base,
        target: KubeClient.fromKubeconfig("target", own, signal),
        notes: [...notes, `target: the cluster itself, by Secret ${namespace}/${clusterName}-kubeconfig`],
      };
}

async function fileOrVariable(
  file: string | undefined,
  variable: string | undefined,
): Promise<string | undefined> {
  if (file === undefined) {
    return variable || undefined;
  }
  const content = await readIfPresent(file);
  if (content === undefined) {
    throw new LifecycleFailure(`there is no kubeconfig at ${file}`, { remedy: "correct the path" });
  }
  return content;
}

/** The Cluster of that name, or the only one there is. Undefined when the namespace holds none: that is a finding. */
export function chooseCluster(
  clusters: readonly KubeObject[],
  { namespace, clusterName }: Pick<EndOptions, "namespace" | "clusterName">,
): KubeObject | undefined {
  if (clusterName !== undefined) {
    return clusters.find(({ metadata }) => metadata.name === clusterName);
  }
  if (clusters.length === 1) {
    return clusters[0];
  }
  throw new LifecycleFailure(
    clusters.length === 0
      ? `namespace ${namespace} of the source holds no Cluster`
      : `namespace ${namespace} of the source holds several Clusters: ${clusters.map(({ metadata }) => metadata.name).join(", ")}`,
    { remedy: "name the Cluster with --cluster, its namespace with --namespace" },
  );
}

/** Whether a management cluster is the Cluster that it manages: its nodes are those of the Cluster's machines. */
async function managesItself(source: KubeClient, cluster: KubeObject): Promise<boolean> {
  const [nodes, machines] = await Promise.all([
    source.list(types.node),
    source.list(types.machine, cluster.metadata.namespace),
  ]);
  return sharesNodes(nodes, machines, cluster.metadata.name);
}

/** Whether nodes are those of a Cluster's machines, by the provider IDs that both carry. */
export function sharesNodes(
  nodes: readonly KubeObject[],
  machines: readonly KubeObject[],
  clusterName: string,
): boolean {
  const ids = new Set(
    machines
      .filter((machine) => field(machine, "spec", "clusterName") === clusterName)
      .map((machine) => text(machine, "spec", "providerID"))
      .filter((id) => id !== undefined),
  );
  return nodes.some((node) => ids.has(text(node, "spec", "providerID") ?? ""));
}

/** The Cluster's own kubeconfig, which Cluster API keeps beside it. */
async function workloadKubeconfig(
  source: KubeClient,
  namespace: string,
  clusterName: string,
): Promise<string | undefined> {
  try {
    const secret = await source.get({ ...types.secret, namespace, name: `${clusterName}-kubeconfig` });
    return secretValue(secret, "value");
  } catch (error) {
    if (isAbsent(error)) {
      return undefined;
    }
    throw error;
  }
}
