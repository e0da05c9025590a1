import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkClusterConfig, parseClusterConfig } from "../../../config/parse";
import { ConfigurationError } from "../../../config/problem";
import { defects } from "./defects";
import { minimalConfig, validConfig } from "./userConfig";

describe("a valid configuration", () => {
  it("is accepted, whatever its shape", () => {
    fc.assert(
      fc.property(validConfig, (config) => {
        expect(checkClusterConfig(config).problems).toEqual([]);
      }),
    );
  });

  it("has every default", () => {
    const config = parseClusterConfig(minimalConfig());
    expect(config).toMatchObject({
      namespace: "metal3",
      controlPlane: { replicas: 1, endpoint: { host: "10.10.0.10", port: 6443 }, schedulable: false },
      workerPools: [{ name: "workers", replicas: 1, hostSelector: {}, taints: [], nodeLabels: {} }],
      podCIDR: "10.244.0.0/16",
      ironic: { virtualRouterId: 2, apiVirtualRouterId: 10, credentialsGeneration: 1 },
      bootstrap: { nodeImage: "kindest/node:v1.34.4" },
    });
    expect(config.hosts[0]).toMatchObject({
      bootMode: "UEFI",
      labels: {},
      disableCertificateVerification: false,
    });
  });

  it("does not depend on the order of keys", () => {
    const config = minimalConfig();
    const reversed = Object.fromEntries(Object.entries(config).reverse());
    expect(parseClusterConfig(reversed)).toEqual(parseClusterConfig(config));
  });

  it("has MAC addresses in lower case", () => {
    const config = minimalConfig();
    config.hosts[0].bootMACAddress = "52:54:00:AA:BB:CC";
    expect(parseClusterConfig(config).hosts[0]?.bootMACAddress).toBe("52:54:00:aa:bb:cc");
  });
});

describe("a mistake", () => {
  it.each(defects)("is found with its path: $name", ({ plant }) => {
    const config = minimalConfig();
    const path = plant(config);
    const found = checkClusterConfig(config).problems;
    expect(found.map((problem) => problem.path)).toContain(path);
    for (const { reason, remedy } of found) {
      expect(reason).not.toBe("");
      expect(remedy).toMatch(/\w.*[.?>]$/);
    }
  });

  it("is found beside any others, in the same words", () => {
    fc.assert(
      fc.property(fc.subarray([...defects], { minLength: 2 }), (chosen) => {
        const config = minimalConfig();
        const paths = chosen.map(({ plant }) => plant(config));
        const found = checkClusterConfig(config).problems.map(({ path }) => path);
        expect(found).toEqual(
          expect.arrayContaining([...new Set(paths)].filter((path) => !hidden(path, paths))),
        );
      }),
    );
  });

  it("makes the same list whatever order keys and mistakes come in", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...defects], { minLength: 2 }), (chosen) => {
        const [first, second] = [minimalConfig(), minimalConfig()];
        chosen.forEach(({ plant }) => plant(first));
        [...chosen].sort((a, b) => (a.name < b.name ? 1 : -1)).forEach(({ plant }) => plant(second));
        const reordered = Object.fromEntries(Object.entries(second).reverse());
        expect(messageOf(reordered)).toBe(messageOf(first));
      }),
    );
  });

  it("is never answered with a crash", () => {
    fc.assert(
      fc.property(fc.anything(), fc.constantFrom(...Object.keys(minimalConfig())), (value, key) => {
        expect(checkClusterConfig(value).problems.length).toBeGreaterThan(0);
        checkClusterConfig({ ...minimalConfig(), [key]: value });
      }),
    );
  });

  it("is named in one error with all the others", () => {
    const config = minimalConfig();
    config.clusterName = "Edge";
    config.kubernetesVersion = "1.34";
    let error: unknown;
    try {
      parseClusterConfig(config);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(ConfigurationError);
    expect((error as Error).message).toContain("2 problems");
    expect((error as Error).message).toContain('clusterName = "Edge"');
    expect((error as Error).message).toContain('kubernetesVersion = "1.34"');
  });
});

/** An address outside the network cannot be told from the network's own fault once that is malformed too. */
function hidden(path: string, paths: readonly string[]): boolean {
  // The reversed range has no inside or outside, but each end is still judged.
  return path === "controlPlane.endpoint.host" && paths.includes("network.nodeRange.end");
}

function messageOf(config: unknown): string {
  return new ConfigurationError(checkClusterConfig(config).problems).message;
}
