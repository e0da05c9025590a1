import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { clusterInputs } from "../../../providers/kind/clusterInputs";
import { kindConfigYaml } from "../../../providers/kind/kindConfig";
import { nodeServer, serverOf, withServer } from "../../../providers/kind/kubeconfig";
import { nodeReadiness } from "../../../providers/kind/nodeReadiness";
import { ownerFromMounts, ownerMount, ownerOf } from "../../../providers/kind/owner";
import { progressOf } from "../../../providers/kind/progress";
import { hostsFile, hostsToml } from "../../../providers/kind/registryMirrors";

describe("kind configuration", () => {
  const render = (inputs: object) =>
    parse(kindConfigYaml(clusterInputs.parse({ name: "c", ...inputs }), "0123")) as Record<string, never>;

  it("has the image, the owner's mark and the role on every node", () => {
    const config = render({
      nodeImage: "kindest/node:v1",
      nodes: [{}, { role: "worker", extraMounts: [{ hostPath: "/a", containerPath: "/b" }] }],
    });
    const mark = { hostPath: "/dev/null", containerPath: "/etc/pulumi-kind/0123", readOnly: true };
    expect(config).toMatchObject({
      kind: "Cluster",
      apiVersion: "kind.x-k8s.io/v1alpha4",
      name: "c",
      nodes: [
        { role: "control-plane", image: "kindest/node:v1", extraMounts: [mark] },
        {
          role: "worker",
          image: "kindest/node:v1",
          extraMounts: [{ hostPath: "/a", containerPath: "/b" }, mark],
        },
      ],
    });
  });

  it("leaves the image to kind when none is given", () => {
    expect(render({}).nodes).toEqual([expect.not.objectContaining({ image: expect.anything() as unknown })]);
  });

  it("passes on what the user asks of Kubernetes and containerd", () => {
    const config = render({
      networking: { podSubnet: "10.245.0.0/16", disableDefaultCNI: true },
      featureGates: { KubeletInUserNamespace: true },
      runtimeConfig: { "api/alpha": "true" },
      containerdConfigPatches: ["x = 1"],
    });
    expect(config).toMatchObject({
      networking: { podSubnet: "10.245.0.0/16", disableDefaultCNI: true },
      featureGates: { KubeletInUserNamespace: true },
      runtimeConfig: { "api/alpha": "true" },
    });
    expect(config.containerdConfigPatches).toHaveLength(2);
    expect(config.containerdConfigPatches[0]).toContain('config_path = "/etc/containerd/certs.d"');
    expect(config.containerdConfigPatches[1]).toBe("x = 1");
  });
});

describe("registry mirrors", () => {
  it("fall back to the registry", () => {
    expect(hostsToml("docker.io", "http://172.22.0.3:5000/")).toBe(
      'server = "https://registry-1.docker.io"\n\n[host."http://172.22.0.3:5000"]\n  capabilities = ["pull", "resolve"]\n',
    );
    expect(hostsFile("quay.io")).toBe("/etc/containerd/certs.d/quay.io/hosts.toml");
  });

  it("keep a path of the mirror", () => {
    expect(hostsToml("quay.io", "https://harbor/v2/quay")).toContain("override_path = true");
  });

  it("have no registry to fall back to when they stand for all", () => {
    expect(hostsToml("_default", "http://m")).not.toContain("server");
  });
});

describe("owner's mark", () => {
  it("is found again among the mounts", () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.constantFrom("/var", "/lib/modules")), (urn, others) => {
        const owner = ownerOf(urn);
        expect(ownerFromMounts([...others, ownerMount(owner).containerPath])).toBe(owner);
        expect(ownerFromMounts(others)).toBeUndefined();
      }),
    );
  });

  it("differs between resources", () => {
    expect(ownerOf("urn:a")).not.toBe(ownerOf("urn:b"));
  });
});

describe("kubeconfig", () => {
  const text =
    "clusters:\n- cluster: {server: 'https://127.0.0.1:1', certificate-authority-data: CA}\n  name: kind-c\nusers: []\n";

  it("changes its server and nothing else", () => {
    const changed = withServer(text, nodeServer("172.24.0.2"));
    expect(serverOf(text)).toBe("https://127.0.0.1:1");
    expect(serverOf(changed)).toBe("https://172.24.0.2:6443");
    expect(withServer(changed, "https://127.0.0.1:1")).toBe(withServer(text, "https://127.0.0.1:1"));
  });

  it("brackets IPv6 addresses", () => {
    expect(nodeServer("fd00::2")).toBe("https://[fd00::2]:6443");
  });
});

describe("readiness of nodes", () => {
  const node = (name: string, ...conditions: object[]) => ({ metadata: { name }, status: { conditions } });
  const judge = (...items: object[]) => nodeReadiness(JSON.stringify({ items }), ["a", "b"]);

  it("needs every expected node", () => {
    expect(judge(node("a", { type: "Ready", status: "True" }))).toEqual({
      ready: false,
      summary: "b is not Ready: not registered yet",
    });
    const ready = { type: "Ready", status: "True" };
    expect(judge(node("a", ready), node("b", ready))).toEqual({ ready: true, summary: "2 of 2 nodes Ready" });
  });

  it("says what is missing", () => {
    const waiting = {
      type: "Ready",
      status: "False",
      reason: "KubeletNotReady",
      message: "cni plugin not initialized",
    };
    expect(judge(node("a", waiting)).summary).toBe("a is not Ready: cni plugin not initialized");
    expect(judge({ metadata: { name: "a" } }).summary).toContain("no Ready condition yet");
  });
});

describe("progress", () => {
  it.each([
    [" ✓ Preparing nodes 📦", "Preparing nodes"],
    [" • Starting control-plane 🕹️  ...", "Starting control-plane ..."],
    ["ERROR: failed to create cluster: x", "ERROR: failed to create cluster: x"],
    ["WARNING: Here be dragons! This is not supported currently.", undefined],
    ["Have a question, bug, or feature request? Let us know!", undefined],
    ["", undefined],
  ])("%j", (line, expected) => {
    expect(progressOf(line)).toBe(expected);
  });
});
