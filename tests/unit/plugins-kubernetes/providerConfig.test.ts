import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { connectionOf, parseKubeconfig } from "../../../lab/plugins/kubernetes/kubeconfig";
import { checkConfig, configure, diffConfig } from "../../../lab/plugins/kubernetes/providerConfig";
import { readSettings } from "../../../lab/plugins/kubernetes/settings";
import { Secret, UNKNOWN } from "../../../providers/shared/properties";

const folder = mkdtempSync(path.join(tmpdir(), "kubeconfig-"));
afterAll(() => rmSync(folder, { recursive: true }));

function kubeconfig(server: string, user: Record<string, unknown> = { token: "t" }): string {
  return stringify({
    "current-context": "one",
    contexts: [
      { name: "one", context: { cluster: "one", user: "u", namespace: "ns" } },
      { name: "two", context: { cluster: "two", user: "u" } },
    ],
    clusters: [
      { name: "one", cluster: { server } },
      { name: "two", cluster: { server: "https://two:6443" } },
    ],
    users: [{ name: "u", user }],
  });
}

describe("kubeconfig", () => {
  it("is read from content and from a path", () => {
    const file = path.join(folder, "config");
    writeFileSync(file, kubeconfig("https://one:6443/"));
    for (const source of [
      file,
      kubeconfig("https://one:6443/"),
      JSON.stringify(parseKubeconfig(file).config),
    ]) {
      expect(connectionOf(parseKubeconfig(source), {})).toMatchObject({
        server: "https://one:6443",
        namespace: "ns",
        authorization: "Bearer t",
      });
    }
    expect(() => parseKubeconfig(path.join(folder, "missing"))).toThrow(/neither the content nor the path/);
  });

  it("follows overrides and says what does not exist", () => {
    const config = parseKubeconfig(kubeconfig("https://one:6443"));
    expect(connectionOf(config, { context: "two", namespace: "x" })).toMatchObject({
      server: "https://two:6443",
      namespace: "x",
    });
    expect(() => connectionOf(config, { context: "three" })).toThrow(/context "three" does not exist/);
    expect(() => connectionOf(config, { cluster: "three" })).toThrow(/cluster "three" does not exist/);
  });

  it("refuses users that authenticate through a program", () => {
    const config = parseKubeconfig(kubeconfig("https://one:6443", { exec: { command: "aws" } }));
    expect(() => connectionOf(config, {})).toThrow(/external program/);
  });
});

describe("settings", () => {
  it("prefer the provider over the environment over the default", () => {
    const env = { PULUMI_K8S_DELETE_UNREACHABLE: "true", PULUMI_K8S_ENABLE_SERVER_SIDE_APPLY: "false" };
    expect(readSettings({}, {})).toMatchObject({ enableServerSideApply: true, deleteUnreachable: false });
    expect(readSettings({}, env)).toMatchObject({ enableServerSideApply: false, deleteUnreachable: true });
    expect(readSettings({ deleteUnreachable: "false" }, env)).toMatchObject({ deleteUnreachable: false });
  });

  it("refuses rendering to YAML, which would silently not happen", () => {
    expect(checkConfig({ renderYamlToDirectory: "out" })).toHaveLength(1);
    expect(checkConfig({ kubeconfig: "x" })).toHaveLength(0);
  });
});

describe("configuration changes", () => {
  const a = kubeconfig("https://a:6443");
  const rotated = kubeconfig("https://a:6443", { token: "new" });
  const b = kubeconfig("https://b:6443");

  it("replace when the active cluster is another", () => {
    expect(diffConfig({ kubeconfig: a }, { kubeconfig: a })).toEqual({ changed: [], replaces: [] });
    expect(diffConfig({ kubeconfig: a }, { kubeconfig: rotated })).toEqual({
      changed: ["kubeconfig"],
      replaces: [],
    });
    expect(diffConfig({ kubeconfig: new Secret(a) }, { kubeconfig: b }).replaces).toEqual(["kubeconfig"]);
    expect(diffConfig({ kubeconfig: a }, { kubeconfig: a, context: "two" }).replaces).toEqual(["context"]);
  });

  it("replace for a kubeconfig that is not known yet", () => {
    expect(diffConfig({ kubeconfig: a }, { kubeconfig: UNKNOWN }).replaces).toEqual(["kubeconfig"]);
  });

  it("never replace while clusterIdentifier stays the same", () => {
    const pinned = { clusterIdentifier: "x" };
    expect(diffConfig({ kubeconfig: a, ...pinned }, { kubeconfig: b, ...pinned })).toEqual({
      changed: ["kubeconfig"],
      replaces: [],
    });
    expect(diffConfig({ kubeconfig: a, ...pinned }, { kubeconfig: UNKNOWN, ...pinned }).replaces).toEqual([]);
  });

  it("replace when clusterIdentifier changes, not when it is added", () => {
    expect(diffConfig({ clusterIdentifier: "x" }, { clusterIdentifier: "y" }).replaces).toEqual([
      "clusterIdentifier",
    ]);
    expect(diffConfig({ kubeconfig: a }, { kubeconfig: a, clusterIdentifier: "y" }).replaces).toEqual([]);
  });
});

describe("reachability", () => {
  it("is decided by the configuration and the server", async () => {
    const broken = await configure({ kubeconfig: "nonsense" });
    expect(broken.target).toMatchObject({ reachable: false });
    const closed = await configure({ kubeconfig: kubeconfig("https://127.0.0.1:1") });
    expect(closed.target).toMatchObject({ reachable: false });
    expect(JSON.stringify(closed.target)).toMatch(/connection refused/);
    expect(closed.defaultNamespace).toBe("ns");
  });
});
