import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { writeMaterial } from "../../../bench/material";
import { readDevStack } from "../../../bench/stack";
import type { KubernetesObject } from "../../../manifests/kubernetesObject";
import { clusterInputs } from "../../../providers/kind/clusterInputs";
import { kindConfig } from "../../../providers/kind/kindConfig";
import { devStackConfig } from "../../components/devStack";
import { mockEngine, type RegisteredResource, registrations } from "../../components/support";

const ironicCredentials = {
  username: "ironic",
  password: "secret-password",
  htpasswd: "ironic:hash",
  mariadbPassword: "database-password",
  caCertificate: "ca",
  tlsCertificate: "certificate",
  tlsKey: "key",
};

const folder = mkdtempSync(join(tmpdir(), "material-"));
let resources: readonly RegisteredResource[];

/** The benchmark compares two ways to the same cluster only if both apply the same objects. */
describe("what the runbook applies", () => {
  beforeAll(async () => {
    const values = devStackConfig();
    const { config, bmcCredentials } = readDevStack(values);
    await writeMaterial(folder, { config, bmcCredentials, ironicCredentials });

    const times = { startedAt: "2026-01-01T00:00:00Z", finishedAt: "2026-01-01T00:00:10Z" };
    const results = { ...times, ...ironicCredentials, path: "kubeconfig", kubeconfig: "target" };
    await mockEngine(
      {
        "kind:index:Cluster": () => ({ kubeconfig: "bootstrap", startedAt: "", readyAt: "" }),
        "command:local:Command": () => ({ stdout: JSON.stringify(results) }),
      },
      values,
    );
    resources = await registrations(() => import("../../../index"));
  }, 120_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each([
    ["bootstrap-provider", ["ironic-bootstrap.yaml", "baremetal-operator.yaml"]],
    ["management-provider", ["hosts.yaml", "cluster.yaml"]],
    ["target-provider", ["cni.yaml", "ironic-target.yaml", "baremetal-operator.yaml"]],
  ])("is what the program declares through its %s", async (provider, files) => {
    const declared = resources.filter(({ options }) => nameOf(options.provider) === provider);
    const byProgram = await Promise.all(declared.map(async ({ inputs }) => unannotated(await plain(inputs))));
    const byRunbook = files.flatMap(documents);
    expect(byRunbook.length).toBeGreaterThan(5);
    expect(byObject(byRunbook)).toEqual(byObject(byProgram));
  });

  it("is the kind cluster that the plugin would make, but for the mark of its owner", () => {
    const declared = resources.find(({ type }) => type === "kind:index:Cluster");
    const expected = kindConfig(clusterInputs.parse(declared?.inputs), "runbook");
    expect(parse(read("kind.yaml"))).toEqual(JSON.parse(JSON.stringify(expected)));
    expect(read("cni.conflist")).toBe(declared?.inputs.cniConfig);
    expect(readdirSync(join(folder, "certs.d")).sort()).toEqual(
      Object.keys(declared?.inputs.registryMirrors as object).sort(),
    );
  });

  it("names what the runbook stops before the move", () => {
    const settings = read("settings");
    expect(settings).toContain("OPERATOR=baremetal-operator-controller-manager\n");
    expect(settings).toContain("OPERATOR_WEBHOOKS=baremetal-operator-validating-webhook-configuration\n");
    expect(settings).toMatch(/^PROVIDERS=\(--core cluster-api:v\S+ .*--ipam metal3:v\S+\)$/m);
  });

  it("is readable for its owner only where it is secret", () => {
    expect(statSync(folder).mode & 0o077).toBe(0);
    for (const file of ["hosts.yaml", "ironic-bootstrap.yaml", "ironic-target.yaml"]) {
      expect(statSync(join(folder, file)).mode & 0o077, file).toBe(0);
    }
  });
});

function read(file: string): string {
  return readFileSync(join(folder, file), "utf8");
}

function documents(file: string): KubernetesObject[] {
  return parseAllDocuments(read(file)).map((document) => document.toJS() as KubernetesObject);
}

/** Inputs of a resource as they would stand in a file: secrets in the clear. */
async function plain(inputs: Record<string, unknown>): Promise<KubernetesObject> {
  const known: unknown = await new Promise((resolve) => pulumi.output(inputs).apply(resolve));
  return JSON.parse(JSON.stringify(known), (_key, value: unknown) =>
    typeof value === "object" && value !== null && secretMark in value && "value" in value
      ? value.value
      : value,
  ) as KubernetesObject;
}

/** Key by which the engine tells that an object stands for a secret. */
const secretMark = "4dabf18193072939515e22adb298388d";

/** An object without what only Pulumi's provider reads: how it is to be deleted. */
function unannotated(object: KubernetesObject): KubernetesObject {
  const { annotations, ...metadata } = object.metadata;
  const others = Object.entries(annotations ?? {}).filter(
    ([key]) => key !== "pulumi.com/deletionPropagationPolicy",
  );
  return {
    ...object,
    metadata: others.length > 0 ? { ...metadata, annotations: Object.fromEntries(others) } : metadata,
  };
}

/** Objects by kind, namespace and name: the order in which they are applied is each way's own. */
function byObject(objects: readonly KubernetesObject[]): Record<string, KubernetesObject> {
  const named = objects.map(
    (object) =>
      [`${object.kind} ${object.metadata.namespace ?? ""}/${object.metadata.name}`, object] as const,
  );
  expect(new Set(named.map(([name]) => name)).size).toBe(objects.length);
  return Object.fromEntries(named);
}

function nameOf(resource: unknown): string | undefined {
  return (resource as { __name?: string } | undefined)?.__name;
}
