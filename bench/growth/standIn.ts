/**
 * What `docker`, `kind` and the lifecycle programs answer while a stack is brought up without a lab: `standIn.ts <program> <its
 * arguments>`. See `standIns.ts`.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { switchToTarget } from "../../lifecycle/shared/managementKubeconfig";
import { kubeconfigFiles, standInsVariable } from "./standIns";

const folder = process.env[standInsVariable] ?? "";
const read = (side: keyof typeof kubeconfigFiles) =>
  readFileSync(join(folder, kubeconfigFiles[side]), "utf8");

/** What kind was told to make. */
const kindConfigFile = join(folder, "kind.yaml");

/** Lifecycle programs that need neither machines nor a container engine. */
const real = new Set(["ironic-credentials", "backup-key", "management-kubeconfig"]);

function docker(args: readonly string[]): string {
  if (!existsSync(kindConfigFile)) return "";
  if (args[0] === "ps") return "bench-node\n";
  if (args[0] === "inspect") return JSON.stringify([nodeContainer()]);
  if (args.includes("nodes")) return JSON.stringify({ items: [readyNode()] });
  return "";
}

/** The container of kind's only node, with the mounts that kind was told to make. */
function nodeContainer(): object {
  const { nodes } = parse(readFileSync(kindConfigFile, "utf8")) as {
    nodes: { extraMounts?: { containerPath: string }[] }[];
  };
  return {
    Id: "bench-node",
    Name: "/bench-control-plane",
    Config: { Labels: { "io.x-k8s.kind.role": "control-plane" } },
    Mounts: nodes.flatMap(({ extraMounts = [] }) =>
      extraMounts.map(({ containerPath }) => ({ Destination: containerPath })),
    ),
    NetworkSettings: { Networks: { bench: { IPAddress: "127.0.0.1" } } },
  };
}

function readyNode(): object {
  return {
    metadata: { name: "bench-control-plane" },
    status: { conditions: [{ type: "Ready", status: "True" }] },
  };
}

function kind(args: readonly string[]): string {
  if (args[0] === "create") writeFileSync(kindConfigFile, readFileSync(0, "utf8"));
  return args[1] === "kubeconfig" ? read("bootstrap") : "";
}

/** Results of the lifecycle programs, as far as the program reads them. */
async function lifecycle(verb: string): Promise<object> {
  const input = JSON.parse(process.env["LIFECYCLE_INPUT"] ?? "{}") as { stack: string; clusterName: string };
  if (verb === "target-kubeconfig") return { kubeconfig: read("target") };
  if (verb === "pivot") {
    await switchToTarget(input.stack, read("target"), {
      clusterName: input.clusterName,
      pivotedAt: new Date().toISOString(),
    });
  }
  return {};
}

async function main([program = "", ...args]: readonly string[]): Promise<number> {
  if (program === "docker") process.stdout.write(docker(args));
  if (program === "kind") process.stdout.write(kind(args));
  if (program !== "node") return 0;
  const verb = args.at(-1) ?? "";
  if (real.has(verb)) return spawnSync(process.execPath, args, { stdio: "inherit" }).status ?? 1;
  const startedAt = new Date().toISOString();
  const result = await lifecycle(verb);
  process.stdout.write(`${JSON.stringify({ startedAt, finishedAt: new Date().toISOString(), ...result })}\n`);
  return 0;
}

void main(process.argv.slice(2)).then((code) => (process.exitCode = code));
