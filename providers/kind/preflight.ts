/** What must be there before a cluster is made: all that is missing is named at once. */
import type { ClusterInputs } from "./clusterInputs";
import { abortReason, run } from "./programs";
import type { RunOptions } from "./programs";

/** How long an image may take to come, where it has to be pulled, seconds. */
const PULL_LIMIT = 600;

/**
 * Looks for the kind program, the container engine, the networks and the node image, which is pulled when it is absent.
 *
 * @throws Error with one line for each problem: property path, reason, remedy
 */
export async function preflight(inputs: ClusterInputs, options: RunOptions): Promise<void> {
  const quiet = { ...options, onLine: undefined };
  const engine = await problemOf(run("docker", ["version", "--format", "{{.Server.Version}}"], quiet));
  if (engine !== undefined) throw refusal(inputs.name, [`the container engine does not answer: ${engine}`]);

  const networks = [
    ...(inputs.network === undefined ? [] : [{ path: "network", network: inputs.network }]),
    ...inputs.additionalNetworks.map((network, index) => ({ path: `additionalNetworks[${index}]`, network })),
  ];
  const problems = await Promise.all([
    problemOf(run("kind", ["version"], quiet)),
    imageProblem(inputs.nodeImage, options),
    ...networks.map(async ({ path, network }) => {
      const missing = await problemOf(run("docker", ["network", "inspect", network], quiet));
      return missing === undefined
        ? undefined
        : `${path}: there is no container network "${network}": make it with docker network create`;
    }),
  ]);
  const found = problems.filter((problem) => problem !== undefined);
  if (options.signal.aborted) throw new Error(abortReason(options.signal));
  if (found.length > 0) throw refusal(inputs.name, found);
}

async function imageProblem(image: string | undefined, options: RunOptions): Promise<string | undefined> {
  if (image === undefined) return undefined;
  const absent = await problemOf(
    run("docker", ["image", "inspect", image], { ...options, onLine: undefined }),
  );
  if (absent === undefined) return undefined;
  options.onLine?.(`Pulling ${image}`);
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(PULL_LIMIT * 1000)]);
  const failure = await problemOf(run("docker", ["pull", "--quiet", image], { ...options, signal }));
  return failure && `nodeImage: "${image}" is not present and cannot be pulled: ${failure}`;
}

function refusal(cluster: string, problems: readonly string[]): Error {
  return new Error(
    [`kind cluster "${cluster}" cannot be made:`, ...problems.map((line) => `  - ${line}`)].join("\n"),
  );
}

async function problemOf(attempt: Promise<unknown>): Promise<string | undefined> {
  try {
    await attempt;
    return undefined;
  } catch (error) {
    return (error as Error).message.trim().split("\n").at(-1);
  }
}
