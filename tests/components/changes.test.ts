import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { forceNewPaths, forcesReplacement } from "../../lab/plugins/kubernetes/forceNew";
import { propertyChanges } from "../../providers/shared/propertyDiff";
import type { PropertyValue } from "../../providers/shared/properties";
import { devStackConfig } from "./devStack";
import { mockEngine, type RegisteredResource, registrations } from "./support";

// The whole program is registered for each test.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

type Resources = ReadonlyMap<string, RegisteredResource>;

/** Registers the whole program with the lab's configuration and other values for some keys. */
async function program(changes: Readonly<Record<string, unknown>> = {}): Promise<Resources> {
  vi.resetModules();
  const config = Object.entries(changes).map(([key, value]): [string, string] => [
    `metal3:${key}`,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  const generation = (changes.ironic as { credentialsGeneration?: number } | undefined)
    ?.credentialsGeneration;
  await mockEngine(
    {
      "kind:index:Cluster": () => ({
        kubeconfig: "bootstrap-kubeconfig",
        startedAt: "2026-01-01T00:00:00Z",
        readyAt: "2026-01-01T00:00:20Z",
      }),
      "command:local:Command": (inputs) => ({ stdout: JSON.stringify(resultOf(inputs, generation ?? 1)) }),
    },
    { ...devStackConfig(), ...Object.fromEntries(config) },
  );
  const registered = await registrations(() => import("../../index"));
  return new Map(registered.map((resource) => [`${resource.type}/${resource.name}`, resource]));
}

/** What the program behind a mocked command would print; credentials differ from generation to generation. */
function resultOf({ create }: Record<string, unknown>, generation: number): Record<string, unknown> {
  const verb = /main\.ts (\S+)/.exec(String(create))?.[1] ?? "";
  const secrets = ["password", "htpasswd", "mariadbPassword", "caCertificate", "tlsCertificate", "tlsKey"];
  return {
    startedAt: "2026-01-01T00:00:00Z",
    finishedAt: "2026-01-01T00:00:10Z",
    ...(verb === "ironic-credentials"
      ? { username: "ironic", ...Object.fromEntries(secrets.map((name) => [name, `${name}-${generation}`])) }
      : {}),
    path: ".state/test/management.kubeconfig",
    kubeconfig: "target-kubeconfig-content",
  };
}

/** What a change does to the resources of a stack whose bootstrap cluster is gone. */
interface Plan {
  readonly created: readonly string[];
  readonly updated: readonly string[];
  readonly deleted: readonly string[];
  /** Resources that would be made anew in place of others of their name. */
  readonly replaced: readonly string[];
}

function plan(before: Resources, after: Resources): Plan {
  const changed = [...after].filter(([key, resource]) => {
    const old = before.get(key);
    return old && isDeclared(resource) && paths(old, resource).length > 0;
  });
  const named = (entries: readonly (readonly [string, RegisteredResource])[]) =>
    entries
      .filter(([, resource]) => isDeclared(resource))
      .map(([, { name }]) => name)
      .sort();
  return {
    created: named([...after].filter(([key]) => !before.has(key))),
    deleted: named([...before].filter(([key]) => !after.has(key))),
    updated: named(changed),
    replaced: named(changed.filter(([key, resource]) => isReplaced(before.get(key), resource))),
  };
}

/** Components have no inputs, and the objects of the bootstrap cluster are left alone once it is unreachable. */
function isDeclared({ type, options }: RegisteredResource): boolean {
  const provider = (options.provider as { __name?: string } | undefined)?.__name;
  return !type.startsWith("metal3:") && provider !== "bootstrap-provider";
}

/** Paths of the inputs that differ, those left out that the resource ignores. */
function paths(before: RegisteredResource, after: RegisteredResource): string[] {
  const inputs = (resource: RegisteredResource) =>
    JSON.parse(JSON.stringify(plain(resource.inputs))) as PropertyValue;
  const ignored = after.options.ignoreChanges ?? [];
  return [...propertyChanges(inputs(before), inputs(after), "")]
    .map(([path]) => path.replace(/^\./, ""))
    .filter((path) => !ignored.includes(path));
}

/** Mocks see a secret as an object around its value. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  if ("value" in value && Object.keys(value).length === 2) return plain(value.value);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

function isReplaced(before: RegisteredResource | undefined, after: RegisteredResource): boolean {
  if (!before) return false;
  const changed = paths(before, after);
  if (!after.type.startsWith("kubernetes:")) return changed.some((path) => path.startsWith("triggers"));
  const forced = forceNewPaths(
    { metadata: {}, ...(plain(after.inputs) as object) },
    { enableConfigMapMutable: true, enableSecretMutable: true },
    false,
  );
  return changed.some((path) => forcesReplacement(path.split("."), undefined, forced));
}

const image = { url: "http://172.22.0.4:8080/other.raw", checksum: "a".repeat(64), format: "raw" };
const ironicSettings = {
  extraConfig: {
    OS_AGENT__COMMAND_WAIT_INTERVAL: "1",
    OS_AGENT__POST_DEPLOY_GET_POWER_STATE_RETRIES: "30",
    OS_AGENT__POST_DEPLOY_GET_POWER_STATE_RETRY_INTERVAL: "1",
  },
};
const providers = { repository: ".toolchain/providers", certManager: "v1.11.5" };
const operatorDeployment =
  "target-operator-deployment-baremetal-operator-system-baremetal-operator-controller-manager";
const ironicDeployment = "target-ironic-deployment-baremetal-operator-system-ironic";

/** What later changes of the lab's stack do, in one process since mocks are those of a process. */
describe("a change of a running stack", () => {
  let before: Resources;
  const change = async (changes: Readonly<Record<string, unknown>>) => plan(before, await program(changes));

  beforeAll(async () => {
    before = await program();
    expect(before.size).toBeGreaterThan(120);
  });

  it("is nothing where nothing has changed", async () => {
    expect(await change({})).toEqual({ created: [], updated: [], deleted: [], replaced: [] });
  });

  it("of the workers' number updates their MachineDeployment", async () => {
    const { created, deleted, replaced, updated } = await change({ workers: 2 });
    expect({ created, deleted, replaced }).toEqual({ created: [], deleted: [], replaced: [] });
    expect(updated).toEqual(expect.arrayContaining(["target-pool-workers", "target-nodes"]));
    expect(updated.filter((name) => /control-plane|cluster$|bootstrap/.test(name))).toEqual([]);
  });

  it("of a pool's labels and taints updates its MachineDeployment and makes no machine anew", async () => {
    const { created, deleted, replaced, updated } = await change({
      workerPools: [
        {
          name: "workers",
          nodeLabels: { "example.com/tier": "a" },
          taints: [{ key: "a", effect: "NoSchedule" }],
        },
      ],
    });
    expect({ created, deleted, replaced }).toEqual({ created: [], deleted: [], replaced: [] });
    expect(updated).toEqual(["target-nodes", "target-pool-workers"]);
  });

  it("that adds a pool creates its objects, and replaces none", async () => {
    const { created, deleted, replaced } = await change({ workerPools: [{ name: "gpu", replicas: 1 }] });
    expect({ deleted, replaced }).toEqual({ deleted: [], replaced: [] });
    expect(created.map((name) => name.replace(/-[0-9a-f]{8}$/, "")).sort()).toEqual([
      "target-pool-gpu",
      "target-pool-gpu-bootstrap",
      "target-pool-gpu-data",
      "target-pool-gpu-machines",
    ]);
  });

  it("that gives a pool up deletes its objects, and does not wait for its machines", async () => {
    const { deleted, updated } = await change({ workers: 0 });
    expect(deleted).toContain("target-pool-workers");
    expect(updated).toContain("target-nodes");
  });

  it("of the Kubernetes version updates the control plane, then the workers", async () => {
    const after = await program({ kubernetesVersion: "v1.34.5" });
    const { deleted, replaced, updated } = plan(before, after);
    expect({ deleted, replaced }).toEqual({ deleted: [], replaced: [] });
    expect(updated).toEqual(
      expect.arrayContaining([
        "target-control-plane",
        "target-control-plane-rollout",
        "target-pool-workers",
        "target-nodes",
      ]),
    );
    const pool = after.get("kubernetes:cluster.x-k8s.io/v1beta2:MachineDeployment/target-pool-workers");
    const gates = [pool?.options.dependsOn ?? []].flat().map((one) => (one as { __name?: string }).__name);
    expect(gates).toContain("target-control-plane-rollout");
  });

  it("of the image makes other templates, and updates who names them", async () => {
    const { created, deleted, replaced, updated } = await change({ image });
    expect(replaced).toEqual([]);
    expect(created.every((name) => /-machines-[0-9a-f]{8}$/.test(name))).toBe(true);
    expect(created).toHaveLength(2);
    expect(deleted).toHaveLength(2);
    expect(updated).toEqual(expect.arrayContaining(["target-control-plane", "target-pool-workers"]));
  });

  it("of Ironic's credentials reaches Ironic and the operator on the target, and nothing of the bootstrap", async () => {
    const { created, deleted, replaced, updated } = await change({
      ironic: { ...ironicSettings, credentialsGeneration: 2 },
    });
    expect({ created, deleted, replaced }).toEqual({ created: [], deleted: [], replaced: [] });
    expect(updated).toEqual(
      expect.arrayContaining([
        "ironic-credentials-generate",
        ironicDeployment,
        operatorDeployment,
        "target-ironic-secret-baremetal-operator-system-ironic-credentials",
        "target-ironic-secret-baremetal-operator-system-ironic-cert",
        "handover-endpoint",
        "retirement-release",
      ]),
    );
    expect(updated.filter((name) => /^(bootstrap|target-(pool|control|nodes)|hosts)/.test(name))).toEqual([]);
  });

  it("of an Ironic image updates the target's Deployment", async () => {
    const { created, deleted, replaced, updated } = await change({
      ironic: { ...ironicSettings, images: { ironic: "quay.io/metal3-io/ironic:other" } },
    });
    expect({ created, deleted, replaced }).toEqual({ created: [], deleted: [], replaced: [] });
    expect(updated).toContain(ironicDeployment);
    expect(updated.filter((name) => name.startsWith("bootstrap-"))).toEqual([]);
  });

  it("of the operator's image updates its Deployment alone, of another manager's the init program alone", async () => {
    const operator = await change({
      providers: { ...providers, images: { baremetalOperator: "quay.io/a/b:c" } },
    });
    expect(operator.updated).toEqual(["retirement-release", operatorDeployment]);
    const metal3 = await change({ providers: { ...providers, images: { metal3: "quay.io/a/b:c" } } });
    expect(metal3.updated).toEqual(["retirement-release", "target-providers-init"]);
  });

  it("of a provider's version upgrades the target's providers, and leaves the bootstrap's alone", async () => {
    const { created, deleted, replaced, updated } = await change({
      providers: { ...providers, ipam: "v1.13.9" },
    });
    expect({ created, deleted, replaced }).toEqual({ created: [], deleted: [], replaced: [] });
    expect(updated.filter((name) => name.includes("providers"))).toEqual(["target-providers-init"]);
  });

  it("that adds manifests creates their objects", async () => {
    const folder = mkdtempSync(join(tmpdir(), "addons-"));
    const file = join(folder, "addon.yaml");
    writeFileSync(
      file,
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: extra, namespace: addon}\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: addon}\n",
    );
    const after = await program({ addons: [file] });
    expect(plan(before, after).created).toEqual(["addons-configmap-addon-extra", "addons-namespace-addon"]);
    const { options } = after.get("kubernetes:core/v1:ConfigMap/addons-configmap-addon-extra") ?? {};
    expect((options?.deletedWith as { __name?: string } | undefined)?.__name).toBe("retirement-release");
  });

  it("of the inventory creates and deletes the host's objects alone", async () => {
    const hosts = JSON.parse(devStackConfig()["metal3:hosts"] ?? "[]") as object[];
    const added = {
      name: "host-3",
      bmcAddress: "redfish://10.0.0.9/redfish/v1/Systems/4",
      bootMACAddress: "52:54:00:22:00:04",
    };
    const more = await change({ hosts: [...hosts, added] });
    expect(more.created).toEqual(["hosts-host-3", "hosts-host-3-bmc"]);
    expect([...more.deleted, ...more.replaced]).toEqual([]);
    const fewer = await change({ hosts: hosts.slice(0, 2) });
    expect(fewer.deleted).toEqual(["hosts-host-2", "hosts-host-2-bmc"]);
    expect([...fewer.created, ...fewer.replaced]).toEqual([]);
  });
});
