import {
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { Agent, request } from "undici";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { defaultHostCount, hosts as rackHosts } from "../../lab/control/addresses";
import { docker } from "../../lab/control/docker";
import { hostFiles, labFiles } from "../../lab/control/files";
import { readSystem } from "../../lab/control/redfish";
import { environment, makeState } from "../../lab/setup/environment";
import { projectRoot, stateDir } from "../../lab/setup/paths";

/** What is read of a Kubernetes object here. */
interface Item {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly annotations?: Record<string, string> };
  readonly spec?: { readonly paused?: boolean };
  readonly status?: {
    readonly phase?: string;
    readonly provisioning?: { readonly state?: string };
    readonly errorMessage?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

const folder = mkdtempSync(join(tmpdir(), "metal3-life-"));
const kubeconfig = join(folder, "target.kubeconfig");
let env: NodeJS.ProcessEnv;

async function pulumi(...args: string[]) {
  return execa(
    "pulumi",
    [...args, "--stack", env.PULUMI_STACK ?? "", "--non-interactive", "--color", "never"],
    {
      cwd: projectRoot,
      env,
      all: true,
      reject: false,
    },
  );
}

/** A pulumi command that must succeed; its output is the failure's message. */
async function succeed(...args: string[]): Promise<string> {
  const { exitCode, all, stdout } = await pulumi(...args);
  expect(exitCode, all.slice(-6000)).toBe(0);
  return stdout;
}

async function onTarget(...kinds: string[]): Promise<Item[]> {
  const { stdout } = await execa(
    "kubectl",
    ["--kubeconfig", kubeconfig, "--namespace", "metal3", "get", kinds.join(","), "--output", "json"],
    { env },
  );
  return (JSON.parse(stdout) as { items: Item[] }).items;
}

/** The bring-up of `make up`, on the rack that is running, and everything that a user may expect after it. */
describe("a rack from nothing to a self-managed cluster", () => {
  beforeAll(async () => {
    makeState();
    env = { ...process.env, ...environment() };
    await succeed("stack", "select", "--create");
    await succeed("up", "--yes", "--skip-preview");
    const { stdout } = await pulumi("stack", "output", "kubeconfig", "--show-secrets");
    writeFileSync(kubeconfig, stdout, { mode: 0o600 });
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("has moved every object to the target", async () => {
    const items = await onTarget(
      "clusters.cluster.x-k8s.io",
      "machines.cluster.x-k8s.io",
      "machinedeployments.cluster.x-k8s.io",
      "kubeadmcontrolplanes.controlplane.cluster.x-k8s.io",
      "metal3clusters.infrastructure.cluster.x-k8s.io",
      "metal3machines.infrastructure.cluster.x-k8s.io",
      "metal3machinetemplates.infrastructure.cluster.x-k8s.io",
      "ippools.ipam.metal3.io",
      "baremetalhosts.metal3.io",
      "secrets",
    );
    const count = (kind: string) => items.filter((item) => item.kind === kind).length;
    expect(count("Cluster")).toBe(1);
    expect(count("KubeadmControlPlane")).toBe(1);
    expect(count("MachineDeployment")).toBe(1);
    expect(count("Metal3Cluster")).toBe(1);
    expect(count("Metal3Machine")).toBe(2);
    expect(count("Metal3MachineTemplate")).toBe(2);
    expect(count("IPPool")).toBe(1);
    const machines = items.filter((item) => item.kind === "Machine");
    expect(machines.map((machine) => machine.status?.phase)).toEqual(["Running", "Running"]);
    expect(items.find((item) => item.kind === "Cluster")?.spec?.paused).not.toBe(true);
    expect(items.filter((item) => item.kind === "Secret").map((item) => item.metadata.name)).toEqual(
      expect.arrayContaining(["lab-ca", "lab-etcd", "lab-sa", "lab-kubeconfig", "host-0-bmc"]),
    );
  });

  it("has two hosts provisioned, one spare, none with an error or a leftover annotation", async () => {
    const hosts = await onTarget("baremetalhosts.metal3.io");
    const states = hosts.map((host) => host.status?.provisioning?.state).sort();
    expect(states).toEqual(["available", "provisioned", "provisioned"]);
    for (const host of hosts) {
      expect(host.status?.errorMessage ?? "").toBe("");
      expect(Object.keys(host.metadata.annotations ?? {})).not.toEqual(
        expect.arrayContaining([expect.stringMatching(/paused|\/status|block-move|delete-for-move/)]),
      );
    }
  });

  it("has every node ready", async () => {
    const nodes = await onTarget("nodes");
    expect(nodes).toHaveLength(2);
    for (const node of nodes) {
      const ready = node.status?.conditions?.find((condition) => condition.type === "Ready");
      expect(ready?.status, node.metadata.name).toBe("True");
    }
  });

  it("answers as Ironic on the same address, to those who have the credentials", async () => {
    const { stdout } = await execa(
      "kubectl",
      // prettier-ignore
      ["--kubeconfig", kubeconfig, "--namespace", "baremetal-operator-system", "get", "secret", "ironic-credentials", "--output", "json"],
      { env },
    );
    const { data } = JSON.parse(stdout) as { data: { username: string; password: string } };
    const decode = (text: string) => Buffer.from(text, "base64").toString();
    const basic = Buffer.from(`${decode(data.username)}:${decode(data.password)}`).toString("base64");
    // The certificate is proved by the lifecycle programs; here only who is let in matters.
    const dispatcher = new Agent({ connect: { rejectUnauthorized: false } });
    const nodes = `https://${env.LAB_IRONIC}:6385/v1/nodes`;
    const headers = { "X-OpenStack-Ironic-API-Version": "1.81" };
    const refused = await request(nodes, { dispatcher, headers });
    expect(refused.statusCode).toBe(401);
    await refused.body.dump();
    const answered = await request(nodes, {
      dispatcher,
      headers: { ...headers, authorization: `Basic ${basic}` },
    });
    expect(answered.statusCode).toBe(200);
    const { nodes: known } = (await answered.body.json()) as { nodes: { provision_state: string }[] };
    // The spare host was only registered again: the operator asks for more when the host is needed.
    expect(known.map((node) => node.provision_state).sort()).toEqual([
      "active",
      "active",
      expect.stringMatching(/^(manageable|available)$/),
    ]);
    await dispatcher.close();
  });

  it("has left no bootstrap cluster", async () => {
    const { stdout } = await execa("kind", ["get", "clusters"], { env });
    expect(stdout.split("\n")).not.toContain("metal3-bootstrap");
    const containers = await docker(["ps", "--all", "--format", "{{.Names}}"]);
    expect(containers).not.toContain("metal3-bootstrap");
  });

  it("measures the nine steps", async () => {
    const { timings } = JSON.parse(await succeed("stack", "output", "--json")) as {
      timings: { step: number; seconds: number }[];
    };
    expect(timings.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    for (const { seconds } of timings) expect(seconds).toBeGreaterThanOrEqual(0);
  });

  it("has nothing to change afterwards", async () => {
    await succeed("preview", "--expect-no-changes", "--diff");
  });

  it("finds no drift", async () => {
    await succeed("refresh", "--yes", "--skip-preview", "--expect-no-changes", "--diff");
    await succeed("preview", "--expect-no-changes", "--diff");
  });

  it("keeps no secret in the clear in its state", async () => {
    const exported = await succeed("stack", "export");
    expect(exported).not.toMatch(/BEGIN (RSA |EC )?PRIVATE KEY/);
    expect(exported).not.toContain("client-key-data");
  });
});

/** `pulumi destroy` of the cluster that manages itself, judged from outside of it. */
describe("the end of a cluster that manages itself", () => {
  const rack = rackHosts(defaultHostCount);

  beforeAll(() => succeed("destroy", "--yes", "--skip-preview"));

  it("leaves every host off, by the word of its BMC", async () => {
    for (const host of rack) expect((await readSystem(host)).powerState, host.name).toBe("Off");
  });

  it("leaves nothing to boot on a disk", () => {
    for (const { name } of rack) {
      const magic = Buffer.alloc(2);
      readSync(openSync(hostFiles(labFiles(), name).disk, "r"), magic, 0, 2, 1080);
      expect(magic.toString("hex"), `ext4's mark on the disk of ${name}`).not.toBe("53ef");
    }
  });

  it("leaves no cluster and no host's container", async () => {
    const { stdout } = await execa("kind", ["get", "clusters"], { env });
    expect(stdout.split("\n")).not.toContain("metal3-bootstrap");
    const containers = (await docker(["ps", "--all", "--format", "{{.Names}}"])).split("\n");
    for (const { container } of rack) expect(containers).not.toContain(container);
  });

  it("leaves an empty state, and of local files only the report", async () => {
    const exported = JSON.parse(await succeed("stack", "export")) as {
      deployment: { resources?: unknown[] };
    };
    expect(exported.deployment.resources ?? []).toEqual([]);
    const stack = env.PULUMI_STACK ?? "";
    expect(readdirSync(join(stateDir, stack))).toEqual(["release-report.txt"]);
    expect(existsSync(join(stateDir, `${stack}-release`))).toBe(false);
    expect(existsSync(join(projectRoot, `Pulumi.${stack}-release.yaml`))).toBe(false);
  });

  it("keeps a report of what was proved", () => {
    const report = readFileSync(join(stateDir, env.PULUMI_STACK ?? "", "release-report.txt"), "utf8");
    // Two hosts ran the image; the spare one never had it.
    const images = rack.map(
      ({ name }) => new RegExp(`^${name} +off .* (yes|had none)$`, "m").exec(report)?.[1],
    );
    expect(images.sort()).toEqual(["had none", "yes", "yes"]);
    expect(report).toMatch(/^Ironic endpoint \S+: silent$/m);
  });
});
