import fc from "fast-check";
import ipaddr from "ipaddr.js";
import { describe, expect, test } from "vitest";
import { defineRack, hosts, maximalHostCount, rack } from "../../../lab/control/addresses";

const inside = (address: string, cidr: string): boolean =>
  ipaddr.IPv4.parse(address).match(ipaddr.IPv4.parseCIDR(cidr));
const lastOctet = (address: string): number => Number(address.split(".")[3]);

describe("a rack", () => {
  test("of the lab has the addresses that configuration and images name", () => {
    expect(rack).toMatchObject({
      name: "metal3-lab",
      subnet: "172.22.0.0/24",
      ironic: "172.22.0.2",
      registry: { address: "172.22.0.3", port: 5000 },
      apiEndpoint: { address: "172.22.0.10", port: 6443 },
    });
  });

  test("has every address once, in its subnet, and no range overlaps another", () => {
    const subnets = fc
      .tuple(fc.integer({ min: 1, max: 223 }), fc.nat(255), fc.nat(255))
      .map(([a, b, c]) => `${a}.${b}.${c}.0/24`);
    fc.assert(
      fc.property(subnets, (subnet) => {
        const one = defineRack("r", subnet);
        const single = [
          one.gateway,
          one.ironic,
          one.registry.address,
          one.imageServer.address,
          one.bmc.address,
          one.apiEndpoint.address,
        ];
        expect(new Set(single).size).toBe(single.length);
        expect(one.powerController.address).toBe(one.gateway);
        for (const address of single) {
          expect(inside(address, subnet)).toBe(true);
          expect(inside(address, one.engineRange)).toBe(false);
          for (const range of [one.nodes, one.dhcp]) {
            const outside =
              lastOctet(address) < lastOctet(range.first) || lastOctet(address) > lastOctet(range.last);
            expect(outside).toBe(true);
          }
        }
        expect(lastOctet(one.nodes.last)).toBeLessThan(lastOctet(one.dhcp.first));
        expect(inside(one.dhcp.last, one.engineRange)).toBe(false);
      }),
    );
  });

  test.each(["172.22.0.0/16", "172.22.0.128/24"])("refuses the subnet %s", (subnet) => {
    expect(() => defineRack("r", subnet)).toThrow(/is not the first address of a \/24/);
  });
});

describe("the hosts of a rack", () => {
  test("are told apart by name, MAC address, system id and container", () => {
    const all = hosts(maximalHostCount);
    for (const key of ["name", "mac", "systemId", "container", "redfishUrl"] as const) {
      expect(new Set(all.map((host) => host[key])).size).toBe(maximalHostCount);
    }
    expect(all[0]).toEqual({
      name: "host-0",
      mac: "52:54:00:22:00:01",
      systemId: "00000000-0000-4000-8000-000000000001",
      redfishUrl: "http://172.22.0.5:8000/redfish/v1/Systems/00000000-0000-4000-8000-000000000001",
      container: "metal3-lab-host-0",
    });
  });

  test.each([0, -1, 1.5, maximalHostCount + 1, Number.NaN])("cannot be %s many", (count) => {
    expect(() => hosts(count)).toThrow(/number of hosts/);
  });
});
