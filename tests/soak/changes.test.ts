import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hosts as rackHosts, rack, url } from "../../lab/control/addresses";
import { labFiles } from "../../lab/control/files";
import { readSystem } from "../../lab/control/redfish";
import { versions } from "../../lab/images/versions";
import { osImageName } from "../../lab/images/os";
import { earlierProvidersDir } from "../../lab/setup/earlierProviders";
import { labDir, projectRoot } from "../../lab/setup/paths";
import { ChangingStack, type Step } from "./changingStack";
import { digestOf, ironicNodes } from "./rackServices";

/** Hosts of the rack: control plane, worker, spare, and one that is added later. */
const hostCount = 4;
const operatorNamespace = ["--namespace", "baremetal-operator-system"] as const;

/** Whether a cluster can begin with the earlier Kubernetes: `make upgrade-image` was run. */
const canUpgrade = existsSync(join(labDir, "images", "os", osImageName(versions.earlierKubernetes)));

const stack = new ChangingStack();
const folder = mkdtempSync(join(tmpdir(), "changes-files-"));

/** Milliseconds for a hook that brings up or takes down. */
const limit = 3_600_000;

/** Whether the rack was there before: then others go on with it. */
const wasUp = existsSync(labFiles().rackFile);

const lab = (...args: string[]) =>
  execa("node", ["--import", "tsx", join("lab", "control", "main.ts"), ...args], { cwd: projectRoot });

const image = (version: string) => {
  const file = `${url(rack.imageServer)}/${osImageName(version)}`;
  return { url: file, checksum: `${file}.sha256`, checksumType: "sha256", format: "raw" };
};

const inventory = (count: number) =>
  rackHosts(hostCount)
    .slice(0, count)
    .map(({ name, redfishUrl, mac }) => ({
      name,
      bmcAddress: `redfish+${redfishUrl}`,
      bootMACAddress: mac,
    }));

/** Settings of the providers, from a repository that has the earlier ones too where they were made. */
const earlierProviders = {
  certManager: versions.certManager,
  repository: canUpgrade ? relative(projectRoot, earlierProvidersDir) : ".toolchain/providers",
};

const ops = (steps: readonly Step[], ...kinds: string[]) =>
  steps.filter(({ op }) => kinds.includes(op)).map(({ name }) => name);

/** A preview of what was configured, in which nothing is made anew in place of something else. */
async function previewWithoutReplacement() {
  const preview = await stack.preview();
  expect(preview.exitCode, preview.text.slice(-6000)).toBe(0);
  expect(preview.steps.filter(({ op }) => /replace/.test(op))).toEqual([]);
  return preview;
}

async function nodeOfPool(pool: string) {
  const [machine] = await stack.get("machines", "--selector", `cluster.x-k8s.io/deployment-name=lab-${pool}`);
  return stack.getOne("node", (machine?.status as { nodeRef: { name: string } }).nodeRef.name);
}

async function ironicCredentials() {
  const secret = await stack.getOne("secret", "ironic-credentials", ...operatorNamespace);
  const decode = (key: string) => Buffer.from(secret.data?.[key] ?? "", "base64").toString();
  const certificate = await stack.getOne("secret", "ironic-cert", ...operatorNamespace);
  return {
    user: decode("username"),
    password: decode("password"),
    certificate: certificate.data?.["tls.crt"],
  };
}

/** One cluster that is changed again and again by `pulumi up` alone, each change seen on it. */
// Who names cases of the other file wants these alone.
const { STEPS, CASES, MATRIX } = process.env;
describe.skipIf(STEPS ?? CASES ?? MATRIX)("changes of a running cluster", () => {
  beforeAll(async () => {
    // The rack may be up already, with fewer hosts.
    await lab("up", "--hosts", String(hostCount));
    stack.configure({
      hosts: inventory(3),
      ...(canUpgrade
        ? {
            kubernetesVersion: versions.earlierKubernetes,
            image: image(versions.earlierKubernetes),
            providers: { ...earlierProviders, clusterApi: versions.earlierClusterApi },
          }
        : {}),
    });
    await stack.init();
    await stack.up("bring-up");
    await stack.connect();
    await stack.expectSettled("bring-up");
  }, limit);

  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    stack.remove();
    await lab(wasUp ? "up" : "down");
  }, limit);

  it("labels and taints a pool's nodes where they run", async () => {
    const before = await stack.bootIds();
    stack.configure({
      workerPools: [
        {
          name: "workers",
          nodeLabels: { "example.com/tier": "a", "node-role.kubernetes.io/worker": "" },
          taints: [{ key: "example.com/busy", value: "yes", effect: "PreferNoSchedule" }],
        },
      ],
    });
    const { steps, text } = await previewWithoutReplacement();
    expect(ops(steps, "update")).toEqual(expect.arrayContaining(["target-pool-workers"]));
    expect(ops(steps, "create", "delete")).toEqual([]);
    expect(text).not.toContain("RE-IMAGED");
    await stack.up("labels and taints");
    const node = await nodeOfPool("workers");
    expect(node.metadata.labels).toMatchObject({
      "example.com/tier": "a",
      "node-role.kubernetes.io/worker": "",
    });
    expect((node.spec as { taints: object[] }).taints).toContainEqual(
      expect.objectContaining({ key: "example.com/busy", value: "yes", effect: "PreferNoSchedule" }),
    );
    expect(await stack.bootIds()).toEqual(before);
    await stack.expectSettled("labels and taints");
  });

  it("takes labels and taints back", async () => {
    stack.configure({ workerPools: undefined });
    await stack.up("no labels and taints");
    const node = await stack.eventually(
      () => nodeOfPool("workers"),
      ({ metadata }) => metadata.labels?.["example.com/tier"] === undefined,
    );
    expect(JSON.stringify((node.spec as { taints?: object[] }).taints ?? [])).not.toContain(
      "example.com/busy",
    );
    await stack.expectSettled("no labels and taints");
  });

  it("takes another host into the inventory, and a second pool onto it", async () => {
    const before = await stack.bootIds();
    stack.configure({
      hosts: inventory(4).map((host, index) => (index === 3 ? { ...host, labels: { role: "edge" } } : host)),
      workerPools: [
        { name: "workers" },
        {
          name: "edge",
          replicas: 1,
          hostSelector: { role: "edge" },
          nodeLabels: { "example.com/pool": "edge" },
          taints: [{ key: "example.com/edge", effect: "NoSchedule" }],
        },
      ],
    });
    const { steps, text } = await previewWithoutReplacement();
    expect(ops(steps, "create")).toEqual(expect.arrayContaining(["hosts-host-3", "target-pool-edge"]));
    expect(ops(steps, "delete")).toEqual([]);
    expect(text).toMatch(/Host host-3 is new/);
    expect(text).toMatch(/lab-edge grows from 0 to 1: .*host-3/);
    await stack.up("host and pool added");
    const { "host-3": edge, ...others } = await stack.hostStates();
    expect(edge).toBe("provisioned");
    expect(Object.values(others).sort()).toEqual(["available", "provisioned", "provisioned"]);
    const node = await nodeOfPool("edge");
    expect(node.metadata.labels).toMatchObject({ "example.com/pool": "edge" });
    expect((node.spec as { taints: object[] }).taints).toContainEqual(
      expect.objectContaining({ key: "example.com/edge", effect: "NoSchedule" }),
    );
    expect(await stack.bootIds()).toMatchObject(before);
    await stack.expectSettled("host and pool added");
  });

  it("refuses to lose a host that runs a machine, before anything is changed", async () => {
    const all = inventory(4).map((host, index) =>
      index === 3 ? { ...host, labels: { role: "edge" } } : host,
    );
    stack.configure({ hosts: inventory(3), workerPools: [{ name: "workers" }] });
    const preview = await stack.preview();
    const up = await stack.tryUp("host in use removed");
    for (const { exitCode, text } of [preview, { exitCode: up.exitCode, text: up.output }]) {
      expect(exitCode).not.toBe(0);
      expect(text).toMatch(/hosts = "host-3"\n\s+is missing and in use: the host runs machine lab-edge-/);
    }
    expect((await stack.hostStates())["host-3"]).toBe("provisioned");
    stack.configure({ hosts: all });
  });

  it("gives a pool up, and its host, which ends switched off", async () => {
    const { text } = await previewWithoutReplacement();
    expect(text).toMatch(/lab-edge is given up: .*host-3 \(machine lab-edge-/);
    await stack.up("pool given up");
    expect((await stack.hostStates())["host-3"]).toBe("available");
    await stack.expectSettled("pool given up");
    stack.configure({ hosts: inventory(3), workerPools: undefined });
    await stack.up("host removed");
    expect(Object.keys(await stack.hostStates())).toEqual(["host-0", "host-1", "host-2"]);
    const removed = rackHosts(hostCount)[3];
    if (!removed) throw new Error("the rack has too few hosts");
    expect((await readSystem(removed)).powerState).toBe("Off");
    await stack.expectSettled("host removed");
  });

  it("rotates Ironic's credentials and certificate", async () => {
    const before = await ironicCredentials();
    const boots = await stack.bootIds();
    const { ironic } = stack.base as { ironic: object };
    stack.configure({ ironic: { ...ironic, credentialsGeneration: 2 } });
    const { steps, text } = await previewWithoutReplacement();
    expect(ops(steps, "create", "delete")).toEqual([]);
    expect(
      ops(steps, "update").filter((name) => /^bootstrap|^target-pool|^target-control/.test(name)),
    ).toEqual([]);
    expect(text).not.toContain("RE-IMAGED");
    // The Kubernetes API must answer all the time, and Ironic for all but a moment.
    let watching = true;
    let lost: number | undefined;
    let gap = 0;
    let unreachable = 0;
    const watch = (async () => {
      while (watching) {
        if ((await ironicNodes("nobody", "nothing").catch(() => undefined)) === undefined)
          lost ??= Date.now();
        else if (lost !== undefined) {
          gap = Math.max(gap, (Date.now() - lost) / 1000);
          lost = undefined;
        }
        await stack.kubectl("get", "--raw", "/readyz").catch(() => (unreachable += 1));
      }
    })();
    await stack.up("credentials rotated");
    watching = false;
    await watch;
    stack.note("Ironic silent while its credentials rotate", Date.now() - gap * 1000);
    expect(unreachable).toBe(0);
    expect(lost).toBeUndefined();
    expect(gap).toBeLessThan(120);
    const after = await ironicCredentials();
    expect(after.password).not.toBe(before.password);
    expect(after.certificate).not.toBe(before.certificate);
    expect((await ironicNodes(before.user, before.password)).statusCode).toBe(401);
    expect((await ironicNodes(after.user, after.password)).statusCode).toBe(200);
    // The operator knows the new ones: it registers every host anew, and none is rebooted.
    const nodes = await stack.eventually(
      async () => (await ironicNodes(after.user, after.password)).states.sort(),
      (states) => states.filter((state) => state === "active").length === 2 && states.length === 3,
    );
    expect(nodes).toHaveLength(3);
    expect(Object.values(await stack.hostStates()).sort()).toEqual([
      "available",
      "provisioned",
      "provisioned",
    ]);
    expect(await stack.bootIds()).toEqual(boots);
    await stack.expectSettled("credentials rotated");
  });

  it("puts back what was changed by hand", async () => {
    const boots = await stack.bootIds();
    await stack.kubectl(
      "patch",
      "machinedeployment",
      "lab-workers",
      "--type=merge",
      "--patch",
      '{"spec":{"replicas":2}}',
    );
    await stack.kubectl("delete", "secret", "mariadb-password", ...operatorNamespace);
    // The operator keeps this one as long as it has the host, so there is nothing to put back; nor does it stop the release.
    await stack.kubectl("delete", "secret", "host-1-bmc", "--wait=false");
    await stack.eventually(
      () => stack.hostStates(),
      (states) => !Object.values(states).includes("available"),
    );
    const { drift, text } = await stack.refresh();
    expect(drift).toBe(true);
    expect(text).toMatch(/target-pool-workers/);
    expect(text).toMatch(/target-ironic-secret-\S*mariadb-password/);
    await stack.up("drift put back");
    await stack.eventually(
      () => stack.getOne("machinedeployment", "lab-workers"),
      ({ spec, status }) =>
        (spec as { replicas: number }).replicas === 1 && (status as { replicas: number }).replicas === 1,
    );
    await stack.getOne("secret", "mariadb-password", ...operatorNamespace);
    await stack.eventually(
      () => stack.hostStates(),
      (states) => Object.values(states).sort().join() === "available,provisioned,provisioned",
    );
    // Cluster API may free the older worker's host; whoever has stayed was not rebooted.
    const stayed = Object.entries(await stack.bootIds()).filter(([node]) => node in boots);
    expect(stayed.length).toBeGreaterThan(0);
    for (const [node, bootId] of stayed) expect(bootId, node).toBe(boots[node]);
    await stack.expectSettled("drift put back");
  });

  it("switches a host on again that was switched off by hand", async () => {
    const hosts = await stack.get("baremetalhosts");
    const free = hosts.find(({ spec }) => (spec as { consumerRef?: object }).consumerRef === undefined);
    const name = free?.metadata.name ?? "";
    await stack.kubectl(
      "patch",
      "baremetalhost",
      name,
      "--type=merge",
      "--patch",
      '{"spec":{"online":false}}',
    );
    const { drift, text } = await stack.refresh();
    expect(drift).toBe(true);
    expect(text).toMatch(new RegExp(`hosts-${name}\\b`));
    await stack.up("host put online");
    expect(((await stack.getOne("baremetalhost", name)).spec as { online: boolean }).online).toBe(true);
    await stack.expectSettled("host put online");
  });

  it("takes other images of Ironic and of managers, and further manifests", async () => {
    const boots = await stack.bootIds();
    const addon = join(folder, "addon.yaml");
    writeFileSync(
      addon,
      "apiVersion: v1\nkind: Namespace\nmetadata: {name: addon}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: extra, namespace: addon}\ndata: {colour: blue}\n",
    );
    const [metal3, operator, keepalived] = await Promise.all([
      digestOf("metal3-io/cluster-api-provider-metal3", versions.metal3),
      digestOf("metal3-io/baremetal-operator", versions.baremetalOperator),
      digestOf("metal3-io/keepalived", "release-39.0"),
    ]);
    const { ironic } = stack.base as { ironic: object };
    const providers = {
      ...earlierProviders,
      ...(canUpgrade ? { clusterApi: versions.earlierClusterApi } : {}),
    };
    stack.configure({
      addons: [addon],
      ironic: { ...ironic, credentialsGeneration: 2, images: { keepalived } },
      providers: { ...providers, images: { metal3, baremetalOperator: operator } },
    });
    const { steps, text } = await previewWithoutReplacement();
    expect(ops(steps, "create")).toEqual(
      expect.arrayContaining(["addons-configmap-addon-extra", "addons-namespace-addon"]),
    );
    expect(ops(steps, "update")).toEqual(expect.arrayContaining(["target-providers-init"]));
    expect(text).not.toContain("RE-IMAGED");
    await stack.up("images and addon");
    const imageOf = async (name: string, namespace: string, container: string) => {
      const { spec } = await stack.getOne("deployment", name, "--namespace", namespace);
      const { containers } = (
        spec as { template: { spec: { containers: { name: string; image: string }[] } } }
      ).template.spec;
      return containers.find((one) => one.name === container)?.image;
    };
    expect(await imageOf("capm3-controller-manager", "capm3-system", "manager")).toBe(metal3);
    const operatorName = "baremetal-operator-controller-manager";
    expect(await imageOf(operatorName, "baremetal-operator-system", "manager")).toBe(operator);
    expect(await imageOf("ironic", "baremetal-operator-system", "ironic-endpoint-keepalived")).toBe(
      keepalived,
    );
    expect((await stack.getOne("configmap", "extra", "--namespace", "addon")).data).toEqual({
      colour: "blue",
    });
    await stack.eventually(
      () => stack.hostStates(),
      (states) => Object.values(states).sort().join() === "available,provisioned,provisioned",
    );
    expect(await stack.bootIds()).toEqual(boots);
    await stack.expectSettled("images and addon");
  });

  it.runIf(canUpgrade)("upgrades providers, and refuses to go back", async () => {
    const boots = await stack.bootIds();
    stack.configure({ providers: earlierProviders });
    const { steps, text } = await previewWithoutReplacement();
    expect(ops(steps, "update").filter((name) => name.includes("providers"))).toEqual([
      "target-providers-init",
    ]);
    expect(text).not.toContain("RE-IMAGED");
    await stack.up("providers upgraded");
    const providers = await stack.get("providers.clusterctl.cluster.x-k8s.io", "--all-namespaces");
    const found = providers.map(
      (provider) => provider as unknown as { providerName: string; version: string },
    );
    expect(
      new Set(found.filter(({ providerName }) => providerName !== "metal3").map(({ version }) => version)),
    ).toEqual(new Set([versions.clusterApi]));
    expect(await stack.bootIds()).toEqual(boots);
    await stack.expectSettled("providers upgraded");
    stack.configure({ providers: { ...earlierProviders, clusterApi: versions.earlierClusterApi } });
    const back = await stack.preview();
    expect(back.exitCode).not.toBe(0);
    expect(back.text).toMatch(
      /cluster-api is installed in \S+, and \S+ is wanted: a provider cannot go back/,
    );
    stack.configure({ providers: earlierProviders });
  });

  it.runIf(canUpgrade)("upgrades Kubernetes, the control plane first, with one spare host", async () => {
    stack.configure({ kubernetesVersion: versions.kubernetes, image: image(versions.kubernetes) });
    const { steps, text } = await previewWithoutReplacement();
    expect(ops(steps, "update")).toEqual(
      expect.arrayContaining(["target-control-plane", "target-control-plane-rollout", "target-pool-workers"]),
    );
    const earlier = versions.earlierKubernetes.replaceAll(".", "\\.");
    expect(text).toMatch(
      new RegExp(`KubeadmControlPlane metal3/lab-control-plane: Kubernetes ${earlier} becomes`),
    );
    expect(text).toMatch(/RE-IMAGED: host-\d \(machine lab-control-plane-/);
    expect(text).toMatch(/RE-IMAGED: host-\d \(machine lab-workers-/);
    const boots = await stack.bootIds();
    await stack.up("Kubernetes upgraded");
    const nodes = await stack.get("nodes");
    expect(
      nodes.map(({ status }) => (status as { nodeInfo: { kubeletVersion: string } }).nodeInfo.kubeletVersion),
    ).toEqual([versions.kubernetes, versions.kubernetes]);
    for (const { metadata } of nodes) expect(Object.keys(boots)).not.toContain(metadata.name);
    await stack.eventually(
      () => stack.hostStates(),
      (states) => Object.values(states).sort().join() === "available,provisioned,provisioned",
    );
    await stack.expectSettled("Kubernetes upgraded");
  });

  it("refuses to release a host that is paused, and then nothing has left the state", async () => {
    const states = await stack.hostStates();
    const pause = "baremetalhost.metal3.io/paused";
    await stack.kubectl("annotate", "baremetalhost", "host-2", `${pause}=maintenance`);
    const said = await stack.refusedDestroy();
    expect(said).toContain("the machines of lab cannot be released: 1 of their objects");
    expect(said).toContain(`BareMetalHost metal3/host-2 has the annotation ${pause}`);
    expect(said).not.toMatch(/kind: |creating release/);
    await stack.kubectl("annotate", "baremetalhost", "host-2", `${pause}-`);
    expect(await stack.hostStates()).toEqual(states);
    await stack.expectSettled("refused destroy");
  });

  it("releases every host in the end", async () => {
    await stack.destroy();
    for (const host of rackHosts(hostCount))
      expect((await readSystem(host)).powerState, host.name).toBe("Off");
  });
});
