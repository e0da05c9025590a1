import { describe, expect, it } from "vitest";
import { population, sizeOf } from "../../../bench/move/population";
import { countsByKind } from "../../../lifecycle/inventory/graph";
import { text } from "../../../lifecycle/shared/kube/objects";
import { clusterObjects } from "../../pivot/support/clusterObjects";

describe("the size of a population", () => {
  it.each([
    [3, undefined, { hosts: 3, controlPlanes: 1, workers: 1 }],
    [10, undefined, { hosts: 10, controlPlanes: 3, workers: 6 }],
    [1000, undefined, { hosts: 1000, controlPlanes: 3, workers: 996 }],
    [1000, 300, { hosts: 1000, controlPlanes: 3, workers: 297 }],
  ])("of %i hosts, %s in use", (hosts, inUse, expected) => expect(sizeOf(hosts, inUse)).toEqual(expected));

  it.each([
    [2, undefined],
    [10, 10],
    [10, 3],
  ])("of %i hosts, %s in use, is refused", (hosts, inUse) =>
    expect(() => sizeOf(hosts, inUse)).toThrow(RangeError),
  );
});

describe.each([3, 10, 100])("a population of %i hosts", (hosts) => {
  const size = sizeOf(hosts);
  const { seeds, nodes } = population(size);
  const machines = size.controlPlanes + size.workers;

  it("has all objects of each host and each machine", () => {
    const addresses = { start: "", end: "", prefix: 16 };
    const ofCluster = clusterObjects({ ...size, addresses }).length;
    expect(seeds).toHaveLength(ofCluster + 3 * hosts + 10 * machines);
    expect(countsByKind(seeds.map(({ object }) => object))).toMatchObject({
      BareMetalHost: hosts,
      HardwareData: hosts,
      Machine: machines,
      Metal3Machine: machines,
      Metal3DataClaim: machines,
      Metal3Data: machines,
      KubeadmConfig: machines,
      IPClaim: machines,
      IPAddress: machines,
      // Of the cluster two, of a host its BMC's, of a machine user data, metadata and network data.
      Secret: 2 + hosts + 3 * machines,
    });
    expect(nodes).toHaveLength(machines);
  });

  it("names every object once, and owners before what they own", () => {
    const seen = new Set<string>();
    for (const { object, owners } of seeds) {
      const name = `${object.kind} ${object.metadata.name}`;
      expect(seen).not.toContain(name);
      for (const owner of owners) expect(seen).toContain(owner);
      seen.add(name);
    }
  });

  it("has one spare host, and a MAC address, an address and a node of its own for each of the others", () => {
    const objects = seeds.map(({ object }) => object);
    const distinct = (values: readonly (string | undefined)[]) => new Set(values).size;
    const hostsFound = objects.filter(({ kind }) => kind === "BareMetalHost");
    expect(hostsFound.filter(({ spec }) => spec?.consumerRef === undefined)).toHaveLength(1);
    expect(distinct(hostsFound.map((host) => text(host, "spec", "bootMACAddress")))).toBe(hosts);
    const ips = objects.filter(({ kind }) => kind === "IPAddress");
    expect(distinct(ips.map((ip) => text(ip, "spec", "address")))).toBe(machines);
    const providerIDs = objects
      .filter(({ kind }) => kind === "Metal3Machine")
      .map((machine) => text(machine, "spec", "providerID"));
    expect(new Set(providerIDs)).toEqual(
      new Set(nodes.map(({ object }) => text(object, "spec", "providerID"))),
    );
  });
});
