import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clusterInputs, inputProblems } from "../../../providers/kind/clusterInputs";

function problems(inputs: object): string[] {
  return inputProblems({ name: "c", ...inputs }).map(({ path, message }) => `${path.join(".")}: ${message}`);
}

describe("inputs of a cluster", () => {
  it("have defaults for all but the name", () => {
    expect(inputProblems({ name: "c" })).toEqual([]);
    expect(clusterInputs.parse({ name: "c" })).toMatchObject({
      nodes: [{ role: "control-plane" }],
      registryMirrors: {},
      waitForReady: 0,
      adopt: false,
      temporary: false,
    });
  });

  it("are all judged at once, by property path", () => {
    const found = problems({
      name: "Not_A_Name",
      network: "",
      networking: { podSubnet: "10.0.0.0", kubeProxyMode: "magic" },
      nodes: [
        { role: "control-plane" },
        { role: "boss", extraMounts: [{ hostPath: "/x", containerPath: "x" }] },
      ],
      registryMirrors: { "docker.io": "mirror:5000", "no/host": "http://m" },
      waitForReady: -1,
      typo: true,
    });
    const paths = found.map((line) => line.split(":")[0]);
    expect(paths).toEqual(
      expect.arrayContaining([
        "name",
        "network",
        "networking.podSubnet",
        "networking.kubeProxyMode",
        "nodes.1.role",
        "nodes.1.extraMounts.0.containerPath",
        "registryMirrors.docker.io",
        "waitForReady",
        "typo",
      ]),
    );
  });

  it("name unknown keys at any depth", () => {
    expect(problems({ netwrok: "x" })).toEqual(["netwrok: unknown key"]);
    expect(problems({ nodes: [{ role: "control-plane", images: "x" }] })).toEqual([
      "nodes.0.images: unknown key",
    ]);
  });

  it("say what is wrong with a CIDR", () => {
    expect(problems({ networking: { podSubnet: "10.244.1.0/16" } })).toEqual([
      'networking.podSubnet: "10.244.1.0/16" has host bits set: the network is 10.244.0.0/16',
    ]);
    expect(problems({ networking: { podSubnet: "10.244.0.0/16,fd00:10::/56", ipFamily: "dual" } })).toEqual(
      [],
    );
  });

  it("need ranges that do not overlap", () => {
    expect(problems({ networking: { podSubnet: "10.0.0.0/8", serviceSubnet: "10.96.0.0/16" } })).toEqual([
      "networking.serviceSubnet: overlaps podSubnet (10.0.0.0/8 and 10.96.0.0/16)",
    ]);
  });

  it("need a control plane", () => {
    expect(problems({ nodes: [{ role: "worker" }] })).toEqual(["nodes: must have a control-plane node"]);
  });

  it("take one CNI only, and only a real one", () => {
    const cniConfig = JSON.stringify({ name: "n", plugins: [{ type: "ptp" }] });
    expect(problems({ cniConfig, networking: { disableDefaultCNI: true } })).toEqual([]);
    expect(problems({ cniConfig })[0]).toMatch(/^cniConfig: needs networking.disableDefaultCNI/);
    expect(problems({ cniConfig: "{", networking: { disableDefaultCNI: true } })[0]).toMatch(
      /^cniConfig: is not JSON/,
    );
    expect(problems({ cniConfig: "{}", networking: { disableDefaultCNI: true } })[0]).toMatch(
      /configuration list/,
    );
  });

  it("refuse credentials in a mirror's URL", () => {
    expect(problems({ registryMirrors: { "quay.io": "http://u:p@mirror" } })).toHaveLength(1);
  });

  it("refuse kubeadm patches that are no YAML", () => {
    expect(problems({ nodes: [{ kubeadmConfigPatches: ["a: [b"] }] })[0]).toMatch(
      /^nodes.0.kubeadmConfigPatches.0: is not YAML/,
    );
  });

  it("never throw, whatever they are", () => {
    fc.assert(fc.property(fc.anything(), (inputs) => Array.isArray(inputProblems(inputs))));
  });

  it("accept every well-formed network", () => {
    const octet = fc.integer({ min: 0, max: 255 });
    fc.assert(
      fc.property(octet, octet, (a, b) => {
        expect(problems({ networking: { podSubnet: `${a}.${b}.0.0/16` } })).toEqual([]);
      }),
    );
  });
});
