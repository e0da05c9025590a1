import { describe, expect, it } from "vitest";
import type { UserConfig } from "../../../config/schema";
import { checkClusterConfig, type ParseOptions } from "../../../config/parse";
import type { ConfigProblem } from "../../../config/problem";
import { minimalConfig, type Mutable } from "./userConfig";

/** What is found after a change of the minimal configuration. */
function problemsAfter(
  change: (config: Mutable<UserConfig>) => unknown,
  options?: ParseOptions,
): readonly ConfigProblem[] {
  const config = minimalConfig();
  change(config);
  return checkClusterConfig(config, options).problems;
}

function only(problems: readonly ConfigProblem[], path: string): ConfigProblem {
  expect(problems.map((problem) => problem.path)).toEqual([path]);
  return problems[0];
}

describe("networks", () => {
  it("of one cluster may not overlap", () => {
    const found = problemsAfter((config) => (config.podCIDR = "10.96.0.0/12"));
    expect(only(found, "serviceCIDR").reason).toContain("overlaps podCIDR (10.96.0.0/12)");
  });

  it("of the two clusters may overlap, as neither routes the other's", () => {
    expect(problemsAfter((config) => (config.bootstrap.podCIDR = "10.244.0.0/16"))).toEqual([]);
  });

  it("of pods need room for every node", () => {
    const found = problemsAfter((config) => (config.podCIDR = "10.244.0.0/23"));
    expect(only(found, "podCIDR").remedy).toContain("at most 22");
  });
});

describe("ranges", () => {
  it("may not overlap", () => {
    const found = problemsAfter(({ network }) => (network.nodeRange.end = "10.10.0.100"));
    expect(only(found, "network.dhcpRange").reason).toContain("overlaps network.nodeRange");
  });

  it("need an address for every host", () => {
    const found = problemsAfter(({ network }) => (network.nodeRange.end = "10.10.0.21"));
    expect(only(found, "network.nodeRange").reason).toBe("has 2 addresses for 3 hosts");
  });

  it("may not hold the broadcast address", () => {
    const found = problemsAfter(({ network }) => (network.dhcpRange.end = "10.10.0.255"));
    only(found, "network.dhcpRange.end");
  });
});

describe("fixed addresses", () => {
  it.each([
    ["network.ironicIP", (config: Mutable<UserConfig>) => (config.network.ironicIP = "10.10.0.120")],
    ["network.gateway", (config: Mutable<UserConfig>) => (config.network.gateway = "10.10.0.120")],
    [
      "controlPlane.endpoint.host",
      (config: Mutable<UserConfig>) => (config.controlPlane.endpoint.host = "10.10.0.120"),
    ],
    ["image.url", (config: Mutable<UserConfig>) => (config.image.url = "http://10.10.0.120/host.raw")],
    [
      "hosts[0].bmcAddress",
      (config: Mutable<UserConfig>) =>
        (config.hosts[0].bmcAddress = "redfish://10.10.0.120/redfish/v1/Systems/1"),
    ],
  ])("may not lie in the DHCP range: %s", (path, change) => {
    expect(only(problemsAfter(change), path).reason).toContain("lies inside network.dhcpRange");
  });

  it("of the two endpoints differ from each other and from the gateway", () => {
    const same = problemsAfter((config) => (config.controlPlane.endpoint.host = config.network.ironicIP));
    expect(only(same, "controlPlane.endpoint.host").reason).toContain("same address as network.ironicIP");
    const gateway = problemsAfter(({ network }) => (network.ironicIP = network.gateway));
    expect(only(gateway, "network.ironicIP").reason).toContain("same address as network.gateway");
  });
});

describe("hosts", () => {
  it("have names of their own", () => {
    const found = problemsAfter(({ hosts }) => (hosts[2].name = "host-1"));
    expect(only(found, "hosts[2].name").reason).toBe("is the same as hosts[0].name");
  });

  it("have MAC addresses of their own, however they are written", () => {
    const found = problemsAfter(({ hosts }) => {
      hosts[0].bootMACAddress = "52:54:00:AA:AA:AA";
      hosts[1].bootMACAddress = "52:54:00:aa:aa:aa";
    });
    only(found, "hosts[1].bootMACAddress");
  });

  it.each([
    "redfish://10.20.0.1:443/redfish/v1/Systems/1/",
    "redfish-virtualmedia+https://10.20.0.1/redfish/v1/systems/1",
  ])("have BMCs of their own, however they are written: %s", (address) => {
    only(
      problemsAfter(({ hosts }) => (hosts[1].bmcAddress = address)),
      "hosts[1].bmcAddress",
    );
  });

  it("need credentials", () => {
    const found = problemsAfter(() => undefined, { hostsWithCredentials: new Set(["host-1", "host-3"]) });
    expect(only(found, "hosts[1]").remedy).toContain(
      "pulumi config set --secret --path 'bmcCredentials.host-2",
    );
  });
});

describe("capacity", () => {
  it("counts all groups together", () => {
    const found = problemsAfter((config) => (config.workers = 3));
    expect(found.map(({ path }) => path)).toEqual(["controlPlane.replicas", "workers"]);
    expect(found[1]?.reason).toBe(
      "asks for 3 hosts (together with controlPlane.replicas: 4), but only 3 fit: host-1, host-2, host-3",
    );
  });

  it("names just the groups that compete", () => {
    const found = problemsAfter((config) => {
      config.workerPools = [
        { name: "gpu", replicas: 2, hostSelector: { gpu: "yes" } },
        { name: "fast", replicas: 1, hostSelector: { gpu: "yes" } },
      ];
      config.hosts[2].labels = { gpu: "yes" };
      config.hosts.push({
        name: "host-4",
        bmcAddress: "redfish://10.20.0.4/redfish/v1/Systems/1",
        bootMACAddress: "52:54:00:00:00:04",
        labels: { gpu: "yes" },
      });
    });
    expect(found.map(({ path }) => path)).toEqual(["workerPools[0].replicas", "workerPools[1].replicas"]);
    expect(found[0]?.reason).toContain("with gpu=yes, but only 2 fit: host-3, host-4");
  });

  it("leaves a host with a rare label to the group that needs it", () => {
    const found = problemsAfter((config) => {
      config.workers = 1;
      config.workerPools = [{ name: "gpu", replicas: 1, hostSelector: { gpu: "yes" } }];
      config.hosts[0].labels = { gpu: "yes" };
    });
    expect(found).toEqual([]);
  });

  it("is not judged when a host was refused, which may have been the missing one", () => {
    const found = problemsAfter((config) => {
      config.workers = 2;
      config.hosts[1].name = "Host";
    });
    only(found, "hosts[1].name");
  });
});

describe("pools", () => {
  it("have names of their own", () => {
    const found = problemsAfter((config) => {
      config.workerPools = [
        { name: "a", replicas: 0 },
        { name: "a", replicas: 0 },
      ];
    });
    only(found, "workerPools[1].name");
  });

  it('have a size, but for "workers", whose size has a key', () => {
    only(
      problemsAfter((config) => (config.workerPools = [{ name: "gpu" }])),
      "workerPools[0].replicas",
    );
    only(
      problemsAfter((config) => (config.workerPools = [{ name: "workers", replicas: 2 }])),
      "workerPools[0].replicas",
    );
    expect(problemsAfter((config) => (config.workerPools = [{ name: "workers" }]))).toEqual([]);
  });

  it("may not carry labels that the kubelet is refused", () => {
    const found = problemsAfter((config) => {
      config.workerPools = [{ name: "gpu", replicas: 0, nodeLabels: { "kubernetes.io/role": "gpu" } }];
    });
    only(found, 'workerPools[0].nodeLabels["kubernetes.io/role"]');
  });

  it("may not carry a taint twice", () => {
    const taint = { key: "gpu", effect: "NoSchedule" as const };
    const found = problemsAfter((config) => {
      config.workerPools = [
        {
          name: "gpu",
          replicas: 0,
          taints: [taint, { ...taint, effect: "NoExecute" }, { ...taint, value: "x" }],
        },
      ];
    });
    only(found, "workerPools[0].taints[2]");
  });

  it("may be absent only where the control plane takes pods", () => {
    only(
      problemsAfter((config) => (config.workers = 0)),
      "controlPlane.schedulable",
    );
    expect(
      problemsAfter((config) => {
        config.workers = 0;
        config.controlPlane.schedulable = true;
      }),
    ).toEqual([]);
  });
});

describe("unknown keys", () => {
  it("are answered with the nearest known one", () => {
    const found = problemsAfter((config) => ((config.network as { dhcprange?: string }).dhcprange = "x"));
    expect(only(found, "network.dhcprange").remedy).toBe('Did you mean "dhcpRange"?');
  });

  it("are answered with all known ones when none is near", () => {
    const found = problemsAfter((config) => ((config.bootstrap as { size?: number }).size = 1));
    expect(only(found, "bootstrap.size").remedy).toContain("nodeImage, podCIDR, serviceCIDR");
  });
});
