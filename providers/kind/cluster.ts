/** Makes, changes, finds and removes clusters. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { ResourceLog } from "../shared/resourceProvider";
import type { ClusterInputs } from "./clusterInputs";
import {
  clusterContainers,
  firstControlPlane,
  nodesOf,
  removeContainers,
  removeFolder,
  writeFile,
} from "./containers";
import type { ClusterContainer } from "./containers";
import { kindConfigYaml } from "./kindConfig";
import { nodeServer, serverOf, withServer } from "./kubeconfig";
import { nodeReadiness } from "./nodeReadiness";
import { preflight } from "./preflight";
import { progressOf } from "./progress";
import { abortReason, run } from "./programs";
import type { RunOptions } from "./programs";
import { hostsFile, hostsToml } from "./registryMirrors";

/** How the plugin's temporary folders begin; its process id follows, so that those of killed ones can be told. */
export const temporaryFolderPrefix = "pulumi-kind-";

const CNI_FILE = "/etc/cni/net.d/10-cluster.conflist";
const READY_POLL_MILLISECONDS = 1000;
/** Time for removing what a failed or interrupted creation has left, seconds. */
const CLEANUP_LIMIT = 60;

/** What a cluster tells of itself. */
export interface ClusterAccess {
  readonly kubeconfig: string;
  readonly internalKubeconfig: string;
  readonly endpoint: string;
  readonly nodeNames: string[];
}

/** Circumstances of an operation. */
export interface Circumstances {
  readonly signal: AbortSignal;
  readonly log: ResourceLog;
}

/** Outcome of a creation. */
export interface CreatedCluster {
  readonly access: ClusterAccess;
  /** The cluster was there before and has been taken over. */
  readonly adopted: boolean;
}

/**
 * Makes the cluster. One that an interrupted creation by the same owner has left is removed first.
 *
 * @param owner mark of the resource
 * @throws Error when something is missing, when another cluster has the name, or when kind fails; nothing is left then
 */
export async function createCluster(
  inputs: ClusterInputs,
  owner: string,
  circumstances: Circumstances,
): Promise<CreatedCluster> {
  const options = runOptions(circumstances);
  await preflight(inputs, options);
  const existing = await clusterContainers(inputs.name, quiet(options));
  const own = existing.some((container) => container.owner === owner);
  if (existing.length > 0 && !own) {
    if (!inputs.adopt) throw nameTaken(inputs.name, existing);
    await configure(inputs, existing, options);
    await waitUntilReady(inputs, existing, circumstances);
    return { access: await readAccess(inputs, existing, options), adopted: true };
  }
  if (own) {
    circumstances.log.status(`Removing what an interrupted creation of "${inputs.name}" has left`);
    await removeCluster(inputs.name, circumstances);
  }
  try {
    await withTemporaryFolder((folder) =>
      run("kind", createArguments(inputs, path.join(folder, "kubeconfig")), {
        ...options,
        env: inputs.network === undefined ? {} : { KIND_EXPERIMENTAL_DOCKER_NETWORK: inputs.network },
        stdin: kindConfigYaml(inputs, owner),
      }),
    );
    const containers = await clusterContainers(inputs.name, quiet(options));
    await configure(inputs, containers, options);
    await waitUntilReady(inputs, containers, circumstances);
    return { access: await readAccess(inputs, containers, options), adopted: false };
  } catch (error) {
    throw await cleanedUp(error, inputs, circumstances.log);
  }
}

/** Brings mirrors and networks of a running cluster from the old inputs to the new ones. */
export async function updateCluster(
  before: ClusterInputs,
  after: ClusterInputs,
  circumstances: Circumstances,
): Promise<void> {
  const options = quiet(runOptions(circumstances));
  const containers = await clusterContainers(after.name, options);
  for (const node of nodesOf(containers)) {
    for (const registry of Object.keys(before.registryMirrors)) {
      if (!(registry in after.registryMirrors)) {
        await removeFolder(node.name, path.posix.dirname(hostsFile(registry)), options);
      }
    }
    for (const network of before.additionalNetworks) {
      if (!after.additionalNetworks.includes(network) && node.addresses.has(network)) {
        await run("docker", ["network", "disconnect", network, node.name], options);
      }
    }
  }
  await configure({ ...after, cniConfig: undefined }, containers, options);
}

/** Removes the cluster, and whatever containers of it kind overlooks. Succeeds when there is none. */
export async function removeCluster(name: string, circumstances: Circumstances): Promise<void> {
  const options = runOptions(circumstances);
  const containers = await clusterContainers(name, quiet(options));
  if (containers.length === 0) return;
  let failure: unknown;
  try {
    await withTemporaryFolder((folder) =>
      run(
        "kind",
        ["delete", "cluster", "--name", name, "--kubeconfig", path.join(folder, "kubeconfig")],
        options,
      ),
    );
  } catch (error) {
    failure = error;
  }
  if (circumstances.signal.aborted) throw failure;
  await removeContainers(await clusterContainers(name, quiet(options)), quiet(options));
}

/** Access to a cluster that exists. */
export async function readAccess(
  inputs: Pick<ClusterInputs, "name" | "network">,
  containers: readonly ClusterContainer[],
  options: Pick<RunOptions, "signal">,
): Promise<ClusterAccess> {
  const kubeconfig = await run("kind", ["get", "kubeconfig", "--name", inputs.name], {
    signal: options.signal,
  });
  const { addresses } = firstControlPlane(containers);
  const address = addresses.get(inputs.network ?? "kind") ?? [...addresses.values()][0] ?? "";
  return {
    kubeconfig,
    internalKubeconfig: withServer(kubeconfig, nodeServer(address)),
    endpoint: serverOf(kubeconfig),
    nodeNames: nodesOf(containers).map(({ name }) => name),
  };
}

function createArguments(inputs: ClusterInputs, kubeconfig: string): string[] {
  const retain = inputs.retainOnFailure === undefined ? [] : ["--retain"];
  return ["create", "cluster", "--name", inputs.name, "--config", "-", "--kubeconfig", kubeconfig, ...retain];
}

/** Files and networks of the nodes. Can be done again. */
async function configure(
  inputs: ClusterInputs,
  containers: readonly ClusterContainer[],
  options: RunOptions,
): Promise<void> {
  const files = new Map(
    Object.entries(inputs.registryMirrors).map(([registry, mirror]) => [
      hostsFile(registry),
      hostsToml(registry, mirror),
    ]),
  );
  if (inputs.cniConfig !== undefined) files.set(CNI_FILE, inputs.cniConfig);
  for (const node of nodesOf(containers)) {
    for (const network of inputs.additionalNetworks) {
      if (!node.addresses.has(network))
        await run("docker", ["network", "connect", network, node.name], quiet(options));
    }
    for (const [file, content] of files) await writeFile(node.name, file, content, quiet(options));
  }
}

async function waitUntilReady(
  inputs: ClusterInputs,
  containers: readonly ClusterContainer[],
  { signal, log }: Circumstances,
): Promise<void> {
  if (inputs.waitForReady === 0) return;
  const names = nodesOf(containers).map(({ name }) => name);
  const node = firstControlPlane(containers).name;
  const kubectl = [
    "exec",
    node,
    "kubectl",
    "--kubeconfig=/etc/kubernetes/admin.conf",
    "--request-timeout=5s",
  ];
  const nodes = [...kubectl, "get", "nodes", "--output=json"];
  const deadline = Date.now() + inputs.waitForReady * 1000;
  let summary = "";
  for (;;) {
    let last: string;
    try {
      const readiness = nodeReadiness(await run("docker", nodes, { signal }), names);
      if (readiness.ready) return;
      last = readiness.summary;
    } catch (error) {
      if (signal.aborted)
        throw new Error(`${abortReason(signal)} while waiting for nodes: ${summary}`, { cause: error });
      last = `the API server does not answer: ${(error as Error).message.trim().split("\n").at(-1)}`;
    }
    if (last !== summary) log.status(last);
    summary = last;
    if (Date.now() >= deadline) {
      throw new Error(
        `kind cluster "${inputs.name}" was not Ready within ${inputs.waitForReady} s: ${summary}`,
      );
    }
    await pause(READY_POLL_MILLISECONDS);
  }
}

/** Keeps the logs of a failed creation where they are wanted, removes what it has left, and returns the error. */
async function cleanedUp(error: unknown, inputs: ClusterInputs, log: ResourceLog): Promise<Error> {
  // The operation's own signal may be the very reason for the failure.
  const circumstances = { signal: AbortSignal.timeout(CLEANUP_LIMIT * 1000), log };
  const notes: string[] = [];
  try {
    if (inputs.retainOnFailure !== undefined) {
      const folder = path.resolve(inputs.retainOnFailure);
      await run("kind", ["export", "logs", folder, "--name", inputs.name], circumstances);
      notes.push(`logs of the nodes: ${folder}`);
    }
  } catch (failure) {
    notes.push(`logs of the nodes could not be kept: ${(failure as Error).message}`);
  }
  try {
    await removeCluster(inputs.name, circumstances);
  } catch (failure) {
    notes.push(`what is left could not be removed, the next run tries again: ${(failure as Error).message}`);
  }
  const message = error instanceof Error ? error.message : String(error);
  return new Error([message, ...notes].join("\n"), { cause: error });
}

function nameTaken(name: string, containers: readonly ClusterContainer[]): Error {
  const found = containers.map((container) => container.name).join(", ");
  return new Error(
    `name: a kind cluster "${name}" exists already and was not made by this resource (containers: ${found}). ` +
      `Choose another name, remove it with "kind delete cluster --name ${name}", or set adopt to take it over.`,
  );
}

async function withTemporaryFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), `${temporaryFolderPrefix}${process.pid}-`));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function runOptions({ signal, log }: Circumstances): RunOptions {
  return {
    signal,
    onLine: (line) => {
      const step = progressOf(line);
      if (step !== undefined) log.status(step);
    },
  };
}

function quiet(options: RunOptions): RunOptions {
  return { ...options, onLine: undefined };
}
