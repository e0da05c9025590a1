import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EmptyStack } from "./stack";

/** One step of `pulumi preview --json`. */
interface PreviewStep {
  readonly op: string;
  readonly urn: string;
  readonly newState?: {
    readonly type: string;
    readonly parent?: string;
    readonly provider?: string;
    readonly dependencies?: readonly string[];
  };
}

describe("a preview of an empty stack, with no cluster, engine or network", () => {
  const stack = new EmptyStack();
  let steps: readonly PreviewStep[];
  let text: string;

  beforeAll(async () => {
    await stack.init();
    const { exitCode, stdout, stderr } = await stack.preview("--json");
    expect(exitCode, `${stdout.slice(-3000)}${stderr.slice(-3000)}`).toBe(0);
    text = stdout;
    ({ steps } = JSON.parse(stdout) as { steps: PreviewStep[] });
  });

  afterAll(() => stack.remove());

  const types = () => steps.map((step) => step.newState?.type ?? "");

  it("creates everything and touches nothing else", () => {
    expect(steps.length).toBeGreaterThan(110);
    expect(new Set(steps.map(({ op }) => op))).toEqual(new Set(["create"]));
  });

  it("shows the resources of all nine steps", () => {
    expect(types()).toEqual(
      expect.arrayContaining([
        "metal3:index:BootstrapCluster",
        "kind:index:Cluster",
        "metal3:index:IronicStack",
        "metal3:index:ClusterctlProviders",
        "metal3:index:BaremetalOperator",
        "metal3:index:BareMetalHosts",
        "kubernetes:metal3.io/v1alpha1:BareMetalHost",
        "metal3:index:TargetCluster",
        "kubernetes:cluster.x-k8s.io/v1beta2:Cluster",
        "kubernetes:cluster.x-k8s.io/v1beta2:MachineDeployment",
        "metal3:index:IronicHandover",
        "metal3:index:Pivot",
        "metal3:index:BootstrapTeardown",
        "metal3:index:ReleaseGuard",
      ]),
    );
    for (const twice of ["metal3:index:IronicStack", "metal3:index:ClusterctlProviders"])
      expect(types().filter((type) => type === twice)).toHaveLength(2);
  });

  it("makes the guard of the release last, so that destroy deletes it first and alone", () => {
    const states = new Map(steps.map(({ urn, newState }) => [urn, newState]));
    const guard = [...states.keys()].find((urn) => urn.endsWith("::release-guard-check"));
    const before = new Set<string>();
    const walk = (urn: string | undefined): void => {
      if (urn === undefined || before.has(urn)) return;
      before.add(urn);
      const { parent, provider, dependencies = [] } = states.get(urn) ?? {};
      // A reference to a provider is its URN and its ID.
      [parent, provider?.replace(/::[^:]*$/, ""), ...dependencies].forEach(walk);
    };
    walk(guard);
    expect([...states.keys()].filter((urn) => !before.has(urn))).toEqual([]);
  });

  it("shows what the pivot will move, by kind and as a graph", () => {
    expect(text).toContain("The pivot will move 45 objects");
    expect(text).toContain("KubeadmControlPlane lab-control-plane");
  });

  it("shows no secret", () => {
    expect(text).not.toContain("bmc-secret");
    expect(text).not.toContain(Buffer.from("bmc-secret").toString("base64"));
  });
});

describe("a configuration with mistakes", () => {
  const stack = new EmptyStack({
    workers: 7,
    podCIDR: "172.22.0.0/16",
    network: {
      cidr: "172.22.0.0/24",
      gateway: "172.22.0.1",
      ironicIP: "172.22.0.120",
      dhcpRange: { start: "172.22.0.149", end: "172.22.0.100" },
      nodeRange: { start: "172.22.0.20", end: "172.22.0.49" },
      bootstrapInterface: "eth0",
      targetInterface: "eth0",
    },
    kubernetesVersion: "v1.12.0",
    workrs: 3,
  });

  afterAll(() => stack.remove());

  it("is refused before anything is declared, with every mistake, its path and a remedy", async () => {
    await stack.init();
    const { exitCode, all } = await stack.preview();
    expect(exitCode).not.toBe(0);
    for (const path of ["podCIDR", "network.dhcpRange", "kubernetesVersion", "workrs", "workers"])
      expect(all).toContain(path);
    expect(all).toContain("nothing was created or changed");
    expect(all.match(/Remedy:/g)?.length ?? 0).toBeGreaterThanOrEqual(4);
    expect(all).not.toContain("kind:index:Cluster");
  });
});
