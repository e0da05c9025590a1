import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import * as kind from "@pulumi/kind";
import type { EngineEvent } from "@pulumi/pulumi/automation";
import { thawContainer } from "../../../lab/control/freezer";
import { projectRoot } from "../../../lab/setup/paths";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { failureOf, SECRET_SIGNATURE, statusLines, steps, TestStack } from "../command/testStack";

/** The kind package with the real engine; its life cycle with the real kind program, where there is a node image. */
const TYPE = "kind:index:Cluster";
const IMAGE = process.env.KIND_TEST_IMAGE ?? "kindest/node:v1.34.4";
const plugin = { kind: path.join(projectRoot, "providers", "kind") };
const NETWORK = "kindtest-net";
const SUBNET = "172.24.0.0/24";
const NAME = "kindtest";

const cniConfig = JSON.stringify({
  cniVersion: "0.3.1",
  name: "test",
  plugins: [{ type: "ptp", ipam: { type: "host-local", ranges: [[{ subnet: "10.245.0.0/16" }]] } }],
});

const inputs = {
  name: NAME,
  nodeImage: IMAGE,
  network: NETWORK,
  networking: { podSubnet: "10.245.0.0/16", serviceSubnet: "10.97.0.0/16", disableDefaultCNI: true },
  cniConfig,
  featureGates: { KubeletInUserNamespace: true },
  containerdConfigPatches: ['[plugins."io.containerd.grpc.v1.cri"]\n  restrict_oom_score_adj = true\n'],
  registryMirrors: { "docker.io": "http://172.24.0.1:5000" },
  waitForReady: 240,
} satisfies kind.ClusterArgs;

let stack: TestStack;

beforeEach(async () => {
  stack = await TestStack.create(plugin);
});

afterEach(() => stack.remove());

/** A program of one cluster. */
function cluster(args: kind.ClusterArgs) {
  return () => {
    const { kubeconfig, internalKubeconfig, endpoint, nodeNames, startedAt, readyAt } = new kind.Cluster(
      "one",
      args,
    );
    return Promise.resolve({ kubeconfig, internalKubeconfig, endpoint, nodeNames, startedAt, readyAt });
  };
}

function docker(...args: string[]): string {
  return execFileSync("docker", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
}

function containers(): string[] {
  const filter = `label=io.x-k8s.kind.cluster=${NAME}`;
  return docker("ps", "--all", "--quiet", "--filter", filter).split("\n").filter(Boolean);
}

/** Removes the cluster's containers, also in the middle of their start (see {@link thawContainer}). */
function removeContainers(attempts = 5): void {
  for (const id of containers()) {
    try {
      docker("rm", "--force", "--volumes", id);
    } catch (error) {
      if (attempts === 1) throw error;
      thawContainer(docker("inspect", "--format", "{{.Id}}", id));
    }
  }
  if (containers().length > 0) removeContainers(attempts - 1);
}

function hasImage(): boolean {
  try {
    docker("image", "inspect", IMAGE);
    return true;
  } catch {
    return false;
  }
}

describe("without a cluster", () => {
  it("previews without a container engine", async () => {
    const blind = await TestStack.create(plugin, { DOCKER_HOST: "tcp://127.0.0.1:1" });
    try {
      const run = await blind.preview(cluster({ ...inputs, network: "no-such-network" }));
      expect(steps(run, TYPE)).toEqual(["create one"]);
    } finally {
      await blind.remove();
    }
  });

  it("refuses malformed inputs in the preview, all at once, by property path", async () => {
    const wrong = { name: "A_B", networking: { podSubnet: "10.1.0.0" }, registryMirrors: { "quay.io": "x" } };
    const error = await failureOf(stack.preview(cluster(wrong)));
    for (const property of ["name", "networking.podSubnet", 'registryMirrors["quay.io"]']) {
      expect(error).toContain(property);
    }
  });

  it("refuses unknown keys of nested inputs", async () => {
    const wrong = { networking: { podSubet: "10.1.0.0/16" } } as kind.ClusterArgs;
    expect(await failureOf(stack.preview(cluster(wrong)))).toContain("networking.podSubet");
  });

  it("names everything that is missing on the machine in one message", async () => {
    const missing = {
      ...inputs,
      network: "no-such-network",
      additionalNetworks: ["nor-this"],
      nodeImage: "127.0.0.1:1/no/image:1",
    };
    const error = await failureOf(stack.up(cluster(missing)));
    expect(error).toContain('network: there is no container network "no-such-network"');
    expect(error).toContain('additionalNetworks[0]: there is no container network "nor-this"');
    expect(error).toContain('nodeImage: "127.0.0.1:1/no/image:1" is not present and cannot be pulled');
    expect(await stack.resources(TYPE)).toEqual([]);
  });

  it("says when the container engine does not answer", async () => {
    const blind = await TestStack.create(plugin, { DOCKER_HOST: "tcp://127.0.0.1:1" });
    try {
      expect(await failureOf(blind.up(cluster(inputs)))).toContain("the container engine does not answer");
    } finally {
      await blind.remove();
    }
  });
});

describe.skipIf(!hasImage())("with kind", () => {
  beforeAll(() => {
    removeAll();
    docker("network", "create", "--subnet", SUBNET, NETWORK);
  });

  afterEach(() => {
    removeContainers();
  });

  afterAll(removeAll);

  it("lives its life: made, unchanged, changed in place, refreshed, deleted", async () => {
    const home = { HOME: stack.folder };
    const own = await TestStack.create(plugin, home);
    try {
      const made = await own.up(cluster(inputs));
      const { kubeconfig, internalKubeconfig, endpoint, nodeNames, startedAt, readyAt } = made.outputs;
      expect(kubeconfig?.secret).toBe(true);
      expect(internalKubeconfig?.secret).toBe(true);
      expect(nodeNames?.value).toEqual([`${NAME}-control-plane`]);
      expect(endpoint?.value).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
      expect(Date.parse(readyAt?.value as string)).toBeGreaterThan(Date.parse(startedAt?.value as string));
      expect(statusLines(made)).toContain("Starting control-plane ...");
      expect(existsSync(path.join(stack.folder, ".kube"))).toBe(false);
      expect(nodesBy(kubeconfig?.value as string)).toContain(`${NAME}-control-plane`);
      expect(internalKubeconfig?.value).toMatch(/server: https:\/\/172\.24\.0\.\d+:6443/);
      expect(nodesBy(internalKubeconfig?.value as string)).toContain("Ready");
      const mirror = docker(
        "exec",
        `${NAME}-control-plane`,
        "cat",
        "/etc/containerd/certs.d/docker.io/hosts.toml",
      );
      expect(mirror).toContain('[host."http://172.24.0.1:5000"]');
      const [stored] = await own.resources(TYPE);
      expect(stored?.outputs.kubeconfig).toHaveProperty(SECRET_SIGNATURE);

      expect(steps(await own.up(cluster(inputs)), TYPE)).toEqual(["same one"]);
      expect(operations(await own.refresh())).toEqual(["same"]);

      const changed = {
        ...inputs,
        registryMirrors: { "quay.io": "http://172.24.0.1:5000" },
        additionalNetworks: ["bridge"],
      };
      expect(steps(await own.up(cluster(changed)), TYPE)).toEqual(["update one"]);
      expect(docker("exec", `${NAME}-control-plane`, "ls", "/etc/containerd/certs.d")).toBe("quay.io");
      expect(
        docker("inspect", "--format", "{{json .NetworkSettings.Networks}}", `${NAME}-control-plane`),
      ).toContain("bridge");

      const moved = { ...changed, networking: { ...inputs.networking, serviceSubnet: "10.98.0.0/16" } };
      expect(steps(await own.preview(cluster(moved)), TYPE)).toContain("replace one");

      await own.destroy();
      expect(containers()).toEqual([]);
    } finally {
      await own.remove();
    }
  });

  it("leaves a cluster made by other hands alone, unless told to adopt it", async () => {
    await makeByHand();
    const before = containers();
    const plain = { name: NAME, nodeImage: IMAGE, network: NETWORK };
    expect(await failureOf(stack.up(cluster(plain)))).toContain("was not made by this resource");
    expect(containers()).toEqual(before);
    const adopted = await stack.up(cluster({ ...plain, adopt: true }));
    expect(adopted.outputs.kubeconfig?.value).toContain("kind-kindtest");
    expect(containers()).toEqual(before);
    await stack.destroy();
    expect(containers()).toEqual([]);
  });

  it("keeps a temporary cluster in the state when it is gone, and replaces it for nothing", async () => {
    const temporary = { ...inputs, waitForReady: 0, temporary: true };
    const made = await stack.up(cluster(temporary));
    removeContainers();
    expect(operations(await stack.refresh())).toEqual(["same"]);
    const after = await stack.up(cluster(temporary));
    expect(steps(after, TYPE)).toEqual(["same one"]);
    expect(after.outputs.kubeconfig?.value).toBe(made.outputs.kubeconfig?.value);
    const changed = await stack.up(cluster({ ...temporary, nodeImage: `${IMAGE}-next` }));
    expect(steps(changed, TYPE)).toEqual(["update one"]);
    await stack.destroy();
    expect(await stack.resources(TYPE)).toEqual([]);
  });

  it("notices that a cluster which is not temporary is gone", async () => {
    await stack.up(cluster({ ...inputs, waitForReady: 0 }));
    removeContainers();
    await stack.refresh();
    expect(await stack.resources(TYPE)).toEqual([]);
  });

  it("removes a cluster that does not become Ready, and keeps its logs where they are wanted", async () => {
    const failing = { ...inputs, cniConfig: undefined, waitForReady: 5, retainOnFailure: "logs" };
    const error = await failureOf(stack.up(cluster(failing)));
    expect(error).toContain(
      `kind cluster "${NAME}" was not Ready within 5 s: ${NAME}-control-plane is not Ready:`,
    );
    expect(readdirSync(path.join(stack.folder, "logs"))).toContain(`${NAME}-control-plane`);
    expect(containers()).toEqual([]);
  });

  it("goes on after a creation that was killed", async () => {
    // A container with the owner's mark and without Kubernetes is what a killed creation leaves.
    await stack.up(cluster({ ...inputs, waitForReady: 0 }));
    const mark = docker(
      "inspect",
      "--format",
      "{{range .Mounts}}{{.Destination}} {{end}}",
      `${NAME}-control-plane`,
    )
      .split(" ")
      .find((destination) => destination.startsWith("/etc/pulumi-kind/"));
    removeContainers();
    await stack.refresh();
    const labels = [
      "--label",
      `io.x-k8s.kind.cluster=${NAME}`,
      "--label",
      "io.x-k8s.kind.role=control-plane",
    ];
    docker("create", "--name", `${NAME}-control-plane`, ...labels, "--volume", `/dev/null:${mark}:ro`, IMAGE);
    const again = await stack.up(cluster({ ...inputs, waitForReady: 0 }));
    expect(statusLines(again).join("\n")).toContain("Removing what an interrupted creation");
    expect(docker("inspect", "--format", "{{.State.Running}}", `${NAME}-control-plane`)).toBe("true");
  });
});

/** Outcomes of the steps on the cluster. */
function operations(run: { readonly events: readonly EngineEvent[] }): string[] {
  return run.events
    .map(({ resOutputsEvent }) => resOutputsEvent?.metadata)
    .filter((metadata) => metadata?.type === TYPE)
    .map((metadata) => String(metadata?.op).replace("refresh", "same"));
}

function nodesBy(kubeconfig: string): string {
  const file = path.join(stack.folder, "kubeconfig");
  writeFileSync(file, kubeconfig, { mode: 0o600 });
  return execFileSync("kubectl", ["--kubeconfig", file, "get", "nodes"], { encoding: "utf8" });
}

async function makeByHand(): Promise<void> {
  const config = [
    "kind: Cluster",
    "apiVersion: kind.x-k8s.io/v1alpha4",
    "featureGates: { KubeletInUserNamespace: true }",
    "networking: { disableDefaultCNI: true }",
    "containerdConfigPatches:",
    `- |-\n  [plugins."io.containerd.grpc.v1.cri"]\n    restrict_oom_score_adj = true`,
  ].join("\n");
  const kubeconfig = path.join(stack.folder, "by-hand");
  const args = [
    "create",
    "cluster",
    "--name",
    NAME,
    "--image",
    IMAGE,
    "--config",
    "-",
    "--kubeconfig",
    kubeconfig,
  ];
  const child = spawn("kind", args, {
    stdio: ["pipe", "ignore", "ignore"],
    env: { ...process.env, KIND_EXPERIMENTAL_DOCKER_NETWORK: NETWORK },
  });
  child.stdin.end(config);
  expect(await once(child, "exit")).toEqual([0, null]);
}

function removeAll(): void {
  removeContainers();
  if (docker("network", "ls", "--quiet", "--filter", `name=^${NETWORK}$`) !== "")
    docker("network", "rm", NETWORK);
}
