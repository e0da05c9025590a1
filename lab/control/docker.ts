import { execa } from "execa";
import { labLabel } from "./addresses";
import { thawContainer } from "./freezer";

/** A docker command that failed: the command, and what it said. */
export class DockerError extends Error {
  constructor(
    readonly args: readonly string[],
    readonly stderr: string,
  ) {
    super(`docker ${args.slice(0, 2).join(" ")} failed: ${stderr.trim() || "no message"}`);
    this.name = "DockerError";
  }
}

/** What the lab needs to know of a container. */
export interface ContainerState {
  readonly id: string;
  readonly name: string;
  readonly running: boolean;
  /** Of the last end; 0 while running. */
  readonly exitCode: number;
  readonly startedAt: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Address given by the engine, by network name. */
  readonly addresses: Readonly<Record<string, string>>;
}

/** Runs docker and returns its standard output without the last line end. */
export async function docker(args: readonly string[], limitSeconds = 120): Promise<string> {
  const result = await execa("docker", args, {
    reject: false,
    timeout: limitSeconds * 1000,
    stdin: "ignore",
  });
  if (result.timedOut) throw new DockerError(args, `no answer within ${limitSeconds} s`);
  if (result.failed) throw new DockerError(args, result.stderr || result.shortMessage || "");
  return result.stdout;
}

/** The lines of what docker printed, without empty ones. */
export function lines(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}

/** State of the container called `name`, undefined when there is none. */
export async function inspectContainer(name: string): Promise<ContainerState | undefined> {
  return (await inspectAll([name]))[0];
}

/** States of all containers, running or not, that carry `label` (`key` or `key=value`). */
export async function containersWithLabel(label: string): Promise<ContainerState[]> {
  const ids = lines(await docker(["ps", "-aq", "--no-trunc", "--filter", `label=${label}`]));
  return ids.length === 0 ? [] : inspectAll(ids);
}

/**
 * Removes containers by name or id, running or not; those that are gone already are no error. A container that the engine
 * cannot end is thawed and removed again.
 */
export async function removeContainers(names: readonly string[], attempts = 3): Promise<void> {
  if (names.length === 0) return;
  try {
    await docker(["rm", "--force", "--volumes", ...names]);
  } catch (error) {
    if (attempts <= 1) throw error;
    for (const { id } of await inspectAll(names)) thawContainer(id);
    await removeContainers(names, attempts - 1);
  }
}

/** Label arguments which mark an object as part of the rack called `name`. */
export function labelArguments(name: string, further: Readonly<Record<string, string>> = {}): string[] {
  return Object.entries({ [labLabel]: name, ...further }).flatMap(([key, value]) => [
    "--label",
    `${key}=${value}`,
  ]);
}

interface Inspected {
  Id: string;
  Name: string;
  State: { Running: boolean; ExitCode: number; StartedAt: string };
  Config: { Labels: Record<string, string> | null };
  NetworkSettings: { Networks: Record<string, { IPAddress: string }> };
}

async function inspectAll(names: readonly string[]): Promise<ContainerState[]> {
  // A container that vanishes meanwhile makes the command fail, but what was found is printed all the same.
  const result = await execa("docker", ["container", "inspect", ...names], {
    reject: false,
    timeout: 60_000,
    stdin: "ignore",
  });
  if (result.failed && !/no such container/i.test(result.stderr)) {
    throw new DockerError(["container", "inspect"], result.stderr || result.shortMessage || "");
  }
  return (JSON.parse(result.stdout || "[]") as Inspected[]).map((found) => ({
    id: found.Id,
    name: found.Name.replace(/^\//, ""),
    running: found.State.Running,
    exitCode: found.State.ExitCode,
    startedAt: found.State.StartedAt,
    labels: found.Config.Labels ?? {},
    addresses: Object.fromEntries(
      Object.entries(found.NetworkSettings.Networks).map(([network, { IPAddress }]) => [network, IPAddress]),
    ),
  }));
}
