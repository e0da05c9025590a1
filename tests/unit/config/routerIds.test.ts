import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkClusterConfig, parseClusterConfig } from "../../../config/parse";
import { routerIds } from "../../../config/routerIds";
import { minimalConfig } from "./userConfig";

const id = fc.option(fc.integer({ min: 1, max: 255 }), { nil: undefined });
const address = fc.option(fc.ipV4(), { nil: undefined });

describe("VRRP router ids", () => {
  it("are the last parts of the addresses, so that clusters on one wire do not clash", () => {
    expect(parseClusterConfig(minimalConfig()).ironic).toMatchObject({
      virtualRouterId: 2,
      apiVirtualRouterId: 10,
    });
    const [one, other] = ["10.1.2.30", "10.1.2.31"].map((ironicIP) => routerIds({ ironicIP }));
    expect(one?.virtualRouterId).toBe(30);
    expect(other?.virtualRouterId).toBe(31);
  });

  it("are ids, and two, for any addresses, unless the user makes them the same", () => {
    fc.assert(
      fc.property(id, id, address, address, (virtualRouterId, apiVirtualRouterId, ironicIP, apiHost) => {
        const made = routerIds({ virtualRouterId, apiVirtualRouterId, ironicIP, apiHost });
        for (const value of Object.values(made) as number[]) {
          expect(Number.isInteger(value) && value >= 1 && value <= 255, String(value)).toBe(true);
        }
        const bothGiven = virtualRouterId !== undefined && apiVirtualRouterId !== undefined;
        expect(made.virtualRouterId === made.apiVirtualRouterId).toBe(
          bothGiven && virtualRouterId === apiVirtualRouterId,
        );
        expect(made.virtualRouterId).toBe(virtualRouterId ?? made.virtualRouterId);
        expect(made.apiVirtualRouterId).toBe(apiVirtualRouterId ?? made.apiVirtualRouterId);
      }),
    );
  });

  it("can be set, within what VRRP knows", () => {
    const config = minimalConfig();
    config.ironic = { virtualRouterId: 77 };
    expect(parseClusterConfig(config).ironic).toMatchObject({ virtualRouterId: 77, apiVirtualRouterId: 10 });
    for (const wrong of [0, 256, 1.5]) {
      config.ironic = { virtualRouterId: wrong };
      const paths = checkClusterConfig(config).problems.map((problem) => problem.path);
      expect(paths).toContain("ironic.virtualRouterId");
    }
  });
});

describe("an IPv6 endpoint", () => {
  it("is refused by name: the provisioning network speaks IPv4", () => {
    const config = minimalConfig();
    config.network.ironicIP = "fd00::2";
    const found = checkClusterConfig(config).problems.find(({ path }) => path === "network.ironicIP");
    expect(found?.reason).toBe("is not an IPv4 address");
    expect(found?.remedy).toMatch(/172\.22\.0\.2/);
  });
});
