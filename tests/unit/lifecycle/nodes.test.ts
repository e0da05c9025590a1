import { describe, expect, it } from "vitest";
import { type HostView, viewHost } from "../../../lifecycle/hosts/hostState";
import { assessDeployment, assessNodes } from "../../../lifecycle/nodesReady/readiness";
import { type ClusterMachines, withinPools } from "../../../lifecycle/machines/outdated";
import { MoveProgress } from "../../../lifecycle/pivot/move";
import { bmcFinding } from "../../../lifecycle/preflight/bmc";
import { redfishAddress } from "../../../lifecycle/shared/redfish";
import { diskFindings, memoryFindings, sameNetwork } from "../../../lifecycle/preflight/engine";
import { repositoryFiles } from "../../../lifecycle/preflight/files";
import { parseVersion } from "../../../lifecycle/preflight/tools";
import type { KubeObject } from "../../../lifecycle/shared/kube/objects";

const machine = (name: string, controlPlane: boolean, node?: string, phase = "Running"): KubeObject => ({
  kind: "Machine",
  metadata: { name, labels: controlPlane ? { "cluster.x-k8s.io/control-plane": "" } : {} },
  status: { phase, ...(node ? { nodeRef: { name: node } } : {}) },
});
const node = (name: string, ready = "True"): KubeObject => ({
  kind: "Node",
  metadata: { name },
  status: { conditions: [{ type: "Ready", status: ready }] },
});
const expected = { controlPlaneReplicas: 1, workerReplicas: 1 };
const cluster = (
  machines: readonly KubeObject[],
  others: Partial<ClusterMachines> = {},
): ClusterMachines => ({
  deployments: [],
  machines,
  metal3Machines: [],
  hosts: [],
  ...others,
});

describe("assessNodes", () => {
  const machines = [machine("cp", true, "n0"), machine("w", false, "n1")];
  it("is content with running machines on ready nodes", () => {
    expect(assessNodes(cluster(machines), [node("n0"), node("n1")], expected)).toEqual({
      nodes: { n0: "cp", n1: "w" },
      missing: [],
    });
  });
  it.each<[string, KubeObject[], KubeObject[], string[]]>([
    ["no machines", [], [], ["0 of 1 control plane machines exist", "0 of 1 worker machines exist"]],
    [
      "a node that is not ready",
      machines,
      [node("n0"), node("n1", "False")],
      ["w is Running; its node n1 is not Ready"],
    ],
    ["a node that is gone", machines, [node("n0")], ["w is Running; its node n1 does not exist"]],
    [
      "a machine without a node",
      [machines[0], machine("w", false, undefined, "Provisioning")],
      [node("n0")],
      ["w is Provisioning and has no node"],
    ],
    [
      "a machine on its way out",
      [...machines, { ...machine("old", false, "n2"), metadata: { name: "old", deletionTimestamp: "now" } }],
      [node("n0"), node("n1"), node("n2")],
      ["old is being deleted"],
    ],
    [
      "a worker too many",
      [...machines, machine("w2", false, "n2")],
      [node("n0"), node("n1"), node("n2")],
      ["2 of 1 worker machines exist"],
    ],
  ])("waits for %s", (_name, found, nodes, missing) => {
    expect(assessNodes(cluster(found), nodes, expected).missing).toEqual(missing);
  });

  const deploymentLabel = "cluster.x-k8s.io/deployment-name";
  const ofPool = (name: string, pool: string, version: string): KubeObject => ({
    ...machine(name, false, name),
    metadata: { name, labels: { [deploymentLabel]: pool } },
    spec: { version },
  });
  const pool = (name: string, status: Record<string, number>, version = "v1.34.4"): KubeObject => ({
    kind: "MachineDeployment",
    metadata: { name, generation: 2 },
    spec: { replicas: 1, template: { spec: { version } } },
    status: { observedGeneration: 2, ...status },
  });
  const settled = { replicas: 1, upToDateReplicas: 1 };
  const nodes = [node("n0"), node("w")];

  it.each<[string, KubeObject, string, string[]]>([
    [
      "an owner that has not seen its change",
      pool("p", { ...settled, observedGeneration: 1 }),
      "v1.34.4",
      ["p was changed just now"],
    ],
    [
      "a rollout that is under way",
      pool("p", { replicas: 2, upToDateReplicas: 1 }),
      "v1.34.4",
      ["p: 1 of 1 machines are up to date, 1 to be replaced"],
    ],
    ["a machine of an earlier version", pool("p", settled), "v1.34.3", ["w is to be replaced"]],
    ["nothing when all is done", pool("p", settled), "v1.34.4", []],
  ])("waits for %s", (_name, owner, version, missing) => {
    const found = cluster([machine("cp", true, "n0"), ofPool("w", "p", version)], { deployments: [owner] });
    expect(assessNodes(found, nodes, expected).missing).toEqual(missing);
  });

  it("waits for a pool's labels and taints on its nodes", () => {
    const pools = [
      { deployment: "p", labels: { tier: "gpu" }, taints: [{ key: "gpu", effect: "NoSchedule" }] },
    ];
    const found = cluster([machine("cp", true, "n0"), ofPool("w", "p", "v1.34.4")]);
    const settledNode = {
      ...node("w"),
      metadata: { name: "w", labels: { tier: "gpu" } },
      spec: { taints: [{ key: "gpu", effect: "NoSchedule" }] },
    };
    expect(assessNodes(found, nodes, { ...expected, pools }).missing).toEqual([
      "w is Running; its node w lacks the label tier, the taint gpu:NoSchedule",
    ]);
    expect(assessNodes(found, [node("n0"), settledNode], { ...expected, pools }).missing).toEqual([]);
  });

  it("does not wait for a pool that is given up, which goes only afterwards", () => {
    const found = cluster([machine("cp", true, "n0"), ofPool("w", "p", "v"), ofPool("x", "old", "v")], {
      deployments: [pool("p", settled, "v"), pool("old", settled, "v")],
    });
    expect(assessNodes(found, nodes, expected).missing).not.toEqual([]);
    expect(assessNodes(withinPools(found, ["p"]), nodes, expected).missing).toEqual([]);
  });
});

describe("assessDeployment", () => {
  const using = (name: string, infrastructure: string, deleting = false): KubeObject => ({
    kind: "Machine",
    metadata: { name, ...(deleting ? { deletionTimestamp: "now" } : {}) },
    spec: { infrastructureRef: { name: infrastructure } },
  });
  const host = (name: string, state: string, consumer?: string) =>
    viewHost({
      metadata: { name },
      spec: consumer ? { consumerRef: { kind: "Metal3Machine", name: consumer } } : {},
      status: { provisioning: { state }, operationalStatus: "OK" },
    });
  const machines = [using("cp", "m-cp"), using("w", "m-w")];
  const written = [host("h0", "provisioned", "m-cp"), host("h1", "provisioned", "m-w")];

  it("is content with written hosts, whether their nodes are there or not", () => {
    expect(assessDeployment(machines, [...written, host("h2", "available")], expected)).toEqual({
      nodes: { h0: "cp", h1: "w" },
      missing: [],
    });
  });

  it.each([
    [
      "a host that is being written",
      machines,
      [written[0], host("h1", "provisioning", "m-w")],
      "w waits for h1 provisioning",
    ],
    ["a machine without a host", machines, [written[0]], "w has no host yet"],
    ["a machine that is still to come", [machines[0]], written, "1 of 2 machines exist"],
    ["a machine on its way out", [machines[0], using("w", "m-w", true)], written, "w is being deleted"],
    [
      "a spare host that Ironic still works on",
      machines,
      [...written, host("h2", "deprovisioning")],
      "spare h2 deprovisioning",
    ],
  ] as [string, KubeObject[], HostView[], string][])("waits for %s", (_what, found, hosts, missing) => {
    expect(assessDeployment(found, hosts, expected).missing).toEqual([missing]);
  });
});

describe("MoveProgress", () => {
  it("shows phases, and objects only now and then", () => {
    const progress = new MoveProgress(10);
    const lines = [
      "Performing move...",
      "Moving Cluster API objects Clusters=1",
      ...Array.from({ length: 10 }, (_, index) => `Creating Machine="m${index}" Namespace="metal3"`),
      "Deleting objects from the source cluster",
      ...Array.from({ length: 10 }, (_, index) => `Deleting Machine="m${index}" Namespace="metal3"`),
    ];
    const shown = lines.map((line) => progress.take(line)).filter((line) => line !== undefined);
    expect(shown[0]).toBe("Moving Cluster API objects Clusters=1");
    expect(shown.at(-1)).toBe("created 10 of 10 on the target, deleted 10 of 10 on the source");
    expect(shown).toHaveLength(12);
  });
});

describe("preflight", () => {
  it.each([
    ["redfish+http://10.0.0.5:8000/redfish/v1/Systems/1", "http://10.0.0.5:8000/redfish/v1/Systems/1"],
    ["redfish://bmc/redfish/v1/Systems/1", "https://bmc/redfish/v1/Systems/1"],
    ["idrac-virtualmedia+https://bmc/redfish/v1/Systems/1", "https://bmc/redfish/v1/Systems/1"],
    ["redfish-virtualmedia://bmc", "https://bmc/redfish/v1/"],
    ["ipmi://10.0.0.5", undefined],
    ["10.0.0.5", undefined],
  ])("takes %s for %s", (address, url) => {
    expect(redfishAddress(address)?.url).toBe(url);
  });
  it.each([
    ["172.22.0.0/24", "172.22.0.0/24", true],
    ["172.22.0.1/24", "172.22.0.0/24", true],
    ["172.22.0.0/16", "172.22.0.0/24", false],
    ["172.23.0.0/24", "172.22.0.0/24", false],
    ["nonsense", "172.22.0.0/24", false],
  ])("compares %s and %s", (a, b, same) => {
    expect(sameNetwork(a, b)).toBe(same);
  });
  it("refuses a machine with too little memory or disk, and takes one with just enough", () => {
    expect(memoryFindings(3071, 3072)).toMatchObject([
      { path: "bootstrap", value: "3071 MiB of memory available" },
    ]);
    expect(memoryFindings(3072, 3072)).toEqual([]);
    expect(diskFindings(10, "/var/lib/docker", 8192)[0]?.problem).toMatch(/too little disk.* 8192 MiB/);
    expect(diskFindings(8192, "/var/lib/docker", 8192)).toEqual([]);
  });
  it.each([
    [401, "bmcCredentials.host-1"],
    [403, "bmcCredentials.host-1"],
    [404, "hosts[3].bmcAddress"],
    [new Error("connect ECONNREFUSED"), "hosts[3].bmcAddress"],
    [200, undefined],
  ])("judges a BMC that answers %s", (answer, path) => {
    const host = { name: "host-1", bmcAddress: "redfish://10.0.0.5/redfish/v1/Systems/1" };
    expect(bmcFinding(host, 3, "admin", answer)?.path).toBe(path);
  });
  it("knows every file that a repository must hold", () => {
    const files = repositoryFiles({
      clusterApi: "v1.13.6",
      metal3: "v1.13.2",
      ipam: "v1.13.2",
      certManager: "v1.11.5",
      baremetalOperator: "v0.13.2",
    });
    expect(files).toHaveLength(12);
    expect(files).toContain("infrastructure-metal3/v1.13.2/metadata.yaml");
    expect(files).toContain("baremetal-operator/v0.13.2/baremetal-operator.yaml");
  });
  it.each([
    ["kind v0.30.0 go1.24.6 linux/amd64", [0, 30]],
    ["v1.13.6", [1, 13]],
    ["devel", undefined],
  ])("reads the version of %j", (text, version) => {
    expect(parseVersion(text)).toEqual(version);
  });
});
