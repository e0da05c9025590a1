import { existsSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { z } from "zod";
import { labLabel, rack } from "../lab/control/addresses";
import { containersWithLabel, docker } from "../lab/control/docker";
import { labFiles } from "../lab/control/files";
import { down, up } from "../lab/control/lab";
import { environment } from "../lab/setup/environment";
import { projectRoot, stateDir } from "../lab/setup/paths";
import { note } from "../lab/setup/progress";
import { clusterContainers } from "../providers/kind/containers";
import { removeCluster } from "../providers/kind/cluster";

/** Seconds for removing the bootstrap cluster. */
const removalLimit = 120;

/**
 * Why the benchmark may not start, with what to do; empty when the machine is free for it. The benchmark empties the lab, so it
 * never runs beside one that is in use.
 *
 * @param kindName name of the bootstrap cluster
 */
export async function obstacles(kindName: string): Promise<string[]> {
  const found: string[] = [];
  for (const { name, resourceCount } of await stacks()) {
    if ((resourceCount ?? 0) > 0) {
      found.push(
        `the stack ${name} holds ${resourceCount} resources: run "pulumi destroy --stack ${name}" first ` +
          `(or, when its lab is gone already, "pulumi stack rm --force ${name}"), in a shell with eval "$(make -s env)"`,
      );
    }
  }
  const containers = await containersWithLabel(`${labLabel}=${rack.name}`);
  const networks = await docker(["network", "ls", "-q", "--filter", `label=${labLabel}=${rack.name}`]);
  if (containers.length > 0 || networks !== "") found.push('the lab is up: run "make lab-down" first');
  const kind = await clusterContainers(kindName, { signal: AbortSignal.timeout(removalLimit * 1000) });
  if (kind.length > 0) {
    found.push(`the kind cluster ${kindName} exists: run "kind delete cluster --name ${kindName}" first`);
  }
  return found;
}

const stackList = z.array(z.object({ name: z.string(), resourceCount: z.number().optional() }));

/** The project's stacks in the backend of `make up`; none when it was never used. */
async function stacks(): Promise<z.output<typeof stackList>> {
  if (!existsSync(join(stateDir, "backend")) && !process.env["PULUMI_BACKEND_URL"]) return [];
  const { stdout } = await execa("pulumi", ["stack", "ls", "--json", "--non-interactive"], {
    cwd: projectRoot,
    env: { ...process.env, ...environment() },
    stdin: "ignore",
  });
  return stackList.parse(JSON.parse(stdout));
}

/** Starts the lab with empty disks. */
export async function startLab(): Promise<void> {
  await up(rack, labFiles(), {}, (line) => note("lab", line));
}

/** Removes the bootstrap cluster, wherever a run has ended, and the lab. */
export async function emptyMachine(kindName: string): Promise<void> {
  try {
    await removeCluster(kindName, {
      signal: AbortSignal.timeout(removalLimit * 1000),
      log: { status: (line) => note("kind", line), warn: (line) => note("kind", line) },
    });
  } finally {
    const { containers } = await down(rack, labFiles());
    note("lab", `taken down, ${containers.length} containers removed`);
  }
}
