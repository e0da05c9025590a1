import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseClusterConfig } from "../../../config/parse";
import type { UserConfig } from "../../../config/schema";
import type { KubernetesObject } from "../../../manifests/kubernetesObject";
import { targetClusterObjects } from "../../../manifests/targetCluster";
import { minimalConfig, type Mutable, validConfig } from "../config/userConfig";

type Change = (config: Mutable<UserConfig>) => unknown;

/** Objects by role after a change of the minimal configuration. */
function objectsAfter(change: Change = () => undefined): Record<string, KubernetesObject> {
  const config = minimalConfig();
  change(config);
  return Object.fromEntries(
    targetClusterObjects(parseClusterConfig(config)).map(({ role, object }) => [role, object]),
  );
}

/** Roles whose object has another name after a change. */
function renamed(change: Change): string[] {
  const [before, after] = [objectsAfter(), objectsAfter(change)];
  return Object.keys(after).filter((role) => before[role]?.metadata.name !== after[role]?.metadata.name);
}

function textOf(object: KubernetesObject | undefined): string {
  return JSON.stringify(object);
}

interface KubeadmSpec {
  readonly files: { path: string; content: string }[];
  readonly preKubeadmCommands: string[];
  readonly initConfiguration: Registration;
  readonly joinConfiguration: Registration;
}

interface Registration {
  readonly nodeRegistration: { taints?: unknown[]; kubeletExtraArgs: { name: string; value: string }[] };
  readonly patches?: { directory: string };
}

function kubeadmSpec(object: KubernetesObject | undefined): KubeadmSpec {
  return (object?.spec as { kubeadmConfigSpec: KubeadmSpec }).kubeadmConfigSpec;
}

function workerSpec(object: KubernetesObject | undefined): KubeadmSpec {
  return (object?.spec as { template: { spec: KubeadmSpec } }).template.spec;
}

describe("the list of objects", () => {
  it("has unique roles, and what is referred to comes first", () => {
    fc.assert(
      fc.property(validConfig, (raw) => {
        const seen = new Set<string>();
        for (const { role, after } of targetClusterObjects(parseClusterConfig(raw))) {
          expect(seen).not.toContain(role);
          after.forEach((other) => expect(seen).toContain(other));
          seen.add(role);
        }
      }),
      { numRuns: 30 },
    );
  });

  it("refers to objects by the names they have", () => {
    const objects = objectsAfter();
    const machines = objects["pool-workers-machines"];
    expect(textOf(objects["pool-workers"])).toContain(`"name":"${machines?.metadata.name}"`);
    expect(textOf(machines)).toContain(`"name":"${objects["pool-workers-data"]?.metadata.name}"`);
    expect(textOf(objects["control-plane"])).toContain(objects["control-plane-machines"]?.metadata.name);
  });

  it("names the cluster where the move asks for it", () => {
    const objects = objectsAfter();
    for (const role of ["addresses", "control-plane-data", "pool-workers-data"]) {
      expect(objects[role]?.spec).toMatchObject({ clusterName: "edge" });
    }
  });
});

describe("immutable templates", () => {
  it("get another name when the image changes, and so do those that refer to them", () => {
    expect(renamed(({ image }) => (image.url = "http://10.10.0.4/other.raw"))).toEqual([
      "control-plane-machines",
      "pool-workers-machines",
    ]);
  });

  it("get another name when the nodes' network changes", () => {
    expect(renamed(({ network }) => (network.nameservers = ["9.9.9.9"]))).toEqual([
      "control-plane-data",
      "control-plane-machines",
      "pool-workers-data",
      "pool-workers-machines",
    ]);
  });

  it("get another name when a pool's nodes are configured otherwise", () => {
    expect(renamed((config) => (config.kubeletConfiguration = { maxPods: 50 }))).toEqual([
      "pool-workers-bootstrap",
    ]);
  });

  it("keep their name when only the number of nodes or their version changes", () => {
    expect(renamed((config) => (config.workers = 2))).toEqual([]);
    expect(renamed((config) => (config.kubernetesVersion = "v1.34.5"))).toEqual([]);
  });
});

describe("the control plane's revision", () => {
  const revision = (change?: Change) =>
    objectsAfter(change)["control-plane"]?.metadata.annotations?.["metal3.pulumi.com/made-from"];

  it.each<[string, Change]>([
    ["version", (config) => (config.kubernetesVersion = "v1.34.5")],
    ["image", ({ image }) => (image.url = "http://10.10.0.4/other.raw")],
    ["configuration of the nodes", (config) => (config.sshAuthorizedKeys = ["ssh-ed25519 AAAA"])],
  ])("is another one with another %s", (_what, change) => {
    expect(revision(change)).not.toBe(revision());
  });
  it("is the same where no machine is made anew", () => {
    expect(revision((config) => (config.workers = 2))).toBe(revision());
  });
});

describe("nodes", () => {
  it("carry provider id, host label and address in every way of registering", () => {
    const objects = objectsAfter();
    const { initConfiguration, joinConfiguration } = kubeadmSpec(objects["control-plane"]);
    const worker = workerSpec(objects["pool-workers-bootstrap"]).joinConfiguration;
    for (const { nodeRegistration } of [initConfiguration, joinConfiguration, worker]) {
      expect(nodeRegistration.kubeletExtraArgs).toEqual([
        { name: "node-ip", value: "{{ ds.meta_data.nodeIP }}" },
        { name: "node-labels", value: "metal3.io/uuid={{ ds.meta_data.uuid }}" },
        { name: "provider-id", value: "metal3://{{ ds.meta_data.providerid }}" },
      ]);
    }
  });

  it("take their address from metadata that the template gives", () => {
    expect(textOf(objectsAfter()["control-plane-data"])).toContain('{"key":"nodeIP","name":"edge-nodes"');
  });

  it("of the control plane are free of its taint just where pods may run on them", () => {
    const tainted = kubeadmSpec(objectsAfter()["control-plane"]);
    expect(tainted.initConfiguration.nodeRegistration).not.toHaveProperty("taints");
    const free = kubeadmSpec(
      objectsAfter((config) => (config.controlPlane.schedulable = true))["control-plane"],
    );
    expect(free.initConfiguration.nodeRegistration.taints).toEqual([]);
    expect(free.joinConfiguration.nodeRegistration.taints).toEqual([]);
  });

  it("get a pool's labels and taints from their machines, so that another one makes no machine anew", () => {
    const pool = (extra: object) => (config: Mutable<UserConfig>) => {
      config.workerPools = [{ name: "workers", ...extra }];
    };
    const nodeLabels = { "node-role.kubernetes.io/worker": "", "example.com/class": "a" };
    const taints = [{ key: "gpu", effect: "NoSchedule" as const }];
    const objects = objectsAfter(pool({ nodeLabels, taints }));
    const { template } = (objects["pool-workers"] as unknown as { spec: { template: object } }).spec;
    expect(template).toMatchObject({
      metadata: { labels: nodeLabels },
      spec: { taints: [{ key: "gpu", effect: "NoSchedule", propagation: "Always" }] },
    });
    expect(renamed(pool({ nodeLabels, taints }))).toEqual([]);
    expect(textOf(objectsAfter()["pool-workers"])).not.toContain("taints");
  });

  it("read the kubelet's settings as a patch, wherever they join", () => {
    const objects = objectsAfter((config) => (config.kubeletConfiguration = { failSwapOn: false }));
    const specs = [kubeadmSpec(objects["control-plane"]), workerSpec(objects["pool-workers-bootstrap"])];
    for (const { files, joinConfiguration } of specs) {
      const patch = files.find(({ path }) => path.endsWith("/kubeletconfiguration+merge.yaml"));
      expect(patch?.content).toBe("failSwapOn: false\n");
      expect(patch?.path.startsWith(`${joinConfiguration.patches?.directory}/`)).toBe(true);
    }
  });
});

describe("the control plane's user data", () => {
  it("holds the endpoint's address before kubeadm runs", () => {
    const { files, preKubeadmCommands } = kubeadmSpec(objectsAfter()["control-plane"]);
    const keepalived = files.find(({ path }) => path === "/etc/keepalived/keepalived.conf")?.content;
    expect(keepalived).toMatch(/virtual_ipaddress \{\s+10\.10\.0\.10\/32\s+\}/);
    expect(keepalived).toContain("virtual_router_id 10");
    expect(preKubeadmCommands.at(-1)).toBe("systemctl restart keepalived");
  });

  it("puts kube-proxy's settings beside the InitConfiguration", () => {
    const { files, preKubeadmCommands } = kubeadmSpec(
      objectsAfter((config) => (config.kubeProxyConfiguration = { mode: "nftables" }))["control-plane"],
    );
    const file = files.find(({ path }) => path === "/etc/kubernetes/kube-proxy.yaml");
    expect(file?.content).toMatch(/^---\n[^]*kind: KubeProxyConfiguration\nmode: nftables\n$/);
    expect(preKubeadmCommands[0]).toContain(`cat ${file?.path} >> /run/kubeadm/kubeadm.yaml`);
  });

  it("has no template but those that are meant", () => {
    fc.assert(
      fc.property(
        validConfig,
        fc.string({ unit: fc.constantFrom("{", "}", "%", "#", " ", "x") }),
        (raw, text) => {
          raw.preKubeadmCommands = [text];
          const objects = targetClusterObjects(parseClusterConfig(raw));
          const { preKubeadmCommands } = kubeadmSpec(
            objects.find(({ role }) => role === "control-plane")?.object,
          );
          expect(render(preKubeadmCommands[0] ?? "")).toBe(text);
        },
      ),
      { numRuns: 100 },
    );
  });

  it("names the mirror of each registry", () => {
    const { files } = kubeadmSpec(
      objectsAfter((config) => {
        config.registryMirrors = {
          "docker.io": "http://10.10.0.3:5000",
          "quay.io": "https://mirror/v2/quay/",
        };
      })["control-plane"],
    );
    const contents = Object.fromEntries(files.map(({ path, content }) => [path, content]));
    expect(contents["/etc/containerd/certs.d/docker.io/hosts.toml"]).toBe(
      'server = "https://registry-1.docker.io"\n\n[host."http://10.10.0.3:5000"]\n  capabilities = ["pull", "resolve"]\n',
    );
    expect(contents["/etc/containerd/certs.d/quay.io/hosts.toml"]).toContain(
      '[host."https://mirror/v2/quay"]\n  capabilities = ["pull", "resolve"]\n  override_path = true\n',
    );
  });
});

describe("rollouts", () => {
  const rollout = (object: KubernetesObject | undefined) =>
    (object?.spec as { rollout: { strategy: { rollingUpdate: unknown } } }).rollout.strategy.rollingUpdate;

  it("make the new machine first where there is a spare host", () => {
    const objects = objectsAfter();
    expect(rollout(objects["control-plane"])).toEqual({ maxSurge: 1 });
    expect(rollout(objects["pool-workers"])).toEqual({ maxSurge: 1, maxUnavailable: 0 });
  });

  it("take the old machine first where there is none", () => {
    const objects = objectsAfter((config) => (config.workers = 2));
    expect(rollout(objects["control-plane"])).toEqual({ maxSurge: 1 });
    expect(rollout(objects["pool-workers"])).toEqual({ maxSurge: 0, maxUnavailable: 1 });
    const three = objectsAfter((config) => {
      config.controlPlane.replicas = 3;
      config.controlPlane.schedulable = true;
      config.workers = 0;
    });
    expect(rollout(three["control-plane"])).toEqual({ maxSurge: 0 });
  });
});

/** Jinja as far as texts made of braces, "%", "#" and spaces go: a literal in an expression, everything else as it is. */
function render(template: string): string {
  const expression = /\{\{ '(\{[{%#])' \}\}/g;
  // Nothing else may open an expression, a statement or a comment.
  expect(template.replace(expression, "|")).not.toMatch(/\{[{%#]/);
  return template.replace(expression, "$1");
}
