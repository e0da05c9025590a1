import { describe, expect, it } from "vitest";
import { chooseCluster, sharesNodes } from "../../../../lifecycle/gate/ends";
import { featureGates } from "../../../../lifecycle/pivot/gate/checks/featureGates";
import { compareVersions } from "../../../../lifecycle/pivot/gate/checks/providers";
import { quantityBytes } from "../../../../lifecycle/pivot/gate/checks/room";
import { bmcEndpoint, hostsByEndpoint } from "../../../../lifecycle/pivot/gate/reach";
import { asCreated, judge, representatives } from "../../../../lifecycle/pivot/gate/rehearse";
import { KubeApiError } from "../../../../lifecycle/shared/kube/client";
import type { KubeObject } from "../../../../lifecycle/shared/kube/objects";
import { healthyObjects } from "./objects";
import { factsOf, healthyWorld, one } from "./world";

describe("compareVersions", () => {
  it.each([
    ["v1.13.2", "v1.13.10", -1],
    ["v1.14.0", "v1.13.10", 1],
    ["v1.13.2", "1.13.2", 0],
    ["v2.0.0", "v1.99.99", 1],
    ["v1.14.0-rc.0", "v1.14.0", -1],
    ["v1.14.0", "v1.14.0-rc.1", 1],
    ["v1.14.0-rc.10", "v1.14.0-rc.9", 1],
    ["v1.14.0+build.1", "v1.14.0", 0],
  ])("%s and %s", (a, b, sign) => {
    expect(Math.sign(compareVersions(a, b))).toBe(sign);
    expect(Math.sign(compareVersions(b, a))).toBe(sign === 0 ? 0 : -sign);
  });
});

describe("featureGates", () => {
  const gates = (...args: string[]) =>
    featureGates({
      metadata: { name: "x" },
      spec: { template: { spec: { containers: [{ name: "proxy" }, { name: "manager", args }] } } },
    });

  it("reads both forms of the argument", () => {
    const expected = { A: "true", B: "false" };
    expect(gates("--feature-gates=A=true,B=false")).toEqual(expected);
    expect(gates("-v=2", "--feature-gates", "A=true,B=False")).toEqual(expected);
  });

  it("reads none where there are none", () => {
    expect(gates("--leader-elect")).toEqual({});
  });
});

describe("quantityBytes", () => {
  it.each([
    ["1024", 1024],
    ["1Ki", 1024],
    ["2k", 2000],
    ["3936644Ki", 3936644 * 1024],
    ["1.5Gi", 1.5 * 1024 ** 3],
    ["2G", 2e9],
    ["many", undefined],
    [undefined, undefined],
  ])("%s", (quantity, bytes) => {
    expect(quantityBytes(quantity)).toBe(bytes);
  });
});

describe("bmcEndpoint", () => {
  it.each([
    ["redfish://10.0.0.5/redfish/v1/Systems/1", { host: "10.0.0.5", port: 443 }],
    ["redfish+http://10.0.0.5:8000/redfish/v1/Systems/1", { host: "10.0.0.5", port: 8000 }],
    ["redfish+http://bmc-1.example.com/x", { host: "bmc-1.example.com", port: 80 }],
    ["idrac-virtualmedia+https://[2001:db8::1]/x", { host: "2001:db8::1", port: 443 }],
    ["ilo5-redfish://10.0.0.5", { host: "10.0.0.5", port: 443 }],
    ["ipmi://10.0.0.5:623", undefined],
    ["", undefined],
  ])("%s", (address, endpoint) => {
    expect(bmcEndpoint(address)).toEqual(endpoint);
  });

  it("is tried once for hosts that share it", () => {
    const host = (name: string, address: string): KubeObject => ({
      metadata: { name },
      spec: { bmc: { address } },
    });
    const found = hostsByEndpoint([
      host("a", "redfish+http://10.0.0.5:8000/1"),
      host("b", "redfish+http://10.0.0.5:8000/2"),
      host("c", "ipmi://10.0.0.6"),
    ]);
    expect([...found]).toEqual([["10.0.0.5 8000", ["a", "b"]]]);
  });
});

describe("the rehearsal of the move's creates", () => {
  const { moving } = factsOf(healthyWorld()).source.inventory;

  it("takes one object of each kind, and a host of each state", () => {
    const names = representatives(moving)
      .filter(({ kind }) => kind === "BareMetalHost")
      .map(({ metadata }) => metadata.name);
    expect(names).toEqual(["host-0", "host-2"]);
    const kinds = representatives(moving).map(({ kind }) => kind);
    expect(new Set(kinds)).toEqual(new Set(moving.map(({ kind }) => kind)));
  });

  it("sends no content of a secret, and nothing that the source's server has added", () => {
    const secret = asCreated(one(healthyObjects(), "Secret", "host-0-bmc"));
    expect(secret).toEqual({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "host-0-bmc", namespace: "metal3" },
      type: "Opaque",
    });
  });

  it("sends a host with the status that travels with it", () => {
    const host = asCreated(one(healthyObjects(), "BareMetalHost", "host-0"));
    const status = JSON.parse(host.metadata.annotations?.["baremetalhost.metal3.io/status"] ?? "") as Record<
      string,
      unknown
    >;
    expect(status).toMatchObject({ provisioning: { state: "provisioned" }, operationalStatus: "OK" });
    expect(status).not.toHaveProperty("hardware");
    expect(host).not.toHaveProperty("status");
  });

  it.each([
    [new KubeApiError(409, "AlreadyExists", "exists"), undefined],
    [new KubeApiError(403, "Forbidden", 'admission webhook "x" denied the request: no'), "denied"],
    [new KubeApiError(422, "Invalid", "spec.x: Required value"), "denied"],
    [new KubeApiError(500, "InternalError", "failed calling webhook: connection refused"), "unanswered"],
    [new KubeApiError(404, "NotFound", "target does not know example.com/v1 X"), "unanswered"],
    [new Error("connect ECONNREFUSED"), "unanswered"],
  ])("judges %s", (error, trouble) => {
    expect(judge(error).trouble).toBe(trouble);
  });
});

describe("the gate's choice of clusters", () => {
  const cluster = (name: string): KubeObject => ({
    kind: "Cluster",
    metadata: { name, namespace: "metal3" },
  });

  it("takes the only Cluster there is", () => {
    expect(chooseCluster([cluster("a")], { namespace: "metal3" })?.metadata.name).toBe("a");
  });

  it("wants a name when there are several, or none", () => {
    expect(() => chooseCluster([cluster("a"), cluster("b")], { namespace: "metal3" })).toThrow(
      "several Clusters: a, b",
    );
    expect(() => chooseCluster([], { namespace: "metal3" })).toThrow("holds no Cluster");
  });

  it("leaves it to a finding that the named one is missing", () => {
    expect(chooseCluster([cluster("a")], { namespace: "metal3", clusterName: "b" })).toBeUndefined();
  });

  it("knows a cluster that manages itself by its nodes", () => {
    const { source, target } = healthyWorld();
    const machines = healthyObjects().filter(({ kind }) => kind === "Machine");
    expect(sharesNodes(target!.nodes, machines, "lab")).toBe(true);
    expect(sharesNodes(source.nodes, machines, "lab")).toBe(false);
    expect(sharesNodes(target!.nodes, machines, "other")).toBe(false);
  });
});
