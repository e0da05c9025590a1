import { beforeAll, describe, expect, it } from "vitest";
import * as pulumi from "@pulumi/pulumi";
import { mockEngine, type RegisteredResource, registrations } from "./support";
import { devStackConfig } from "./devStack";

let resources: readonly RegisteredResource[];

/** What is built again when a cluster that manages itself is released. */
describe("the way back to a bootstrap cluster", () => {
  beforeAll(async () => {
    await mockEngine(
      {
        "kind:index:Cluster": () => ({
          kubeconfig: "bootstrap-kubeconfig",
          startedAt: "2026-01-01T00:00:00Z",
          readyAt: "2026-01-01T00:00:20Z",
        }),
        "command:local:Command": () => ({
          stdout: JSON.stringify({ startedAt: "2026-01-01T00:00:00Z", finishedAt: "2026-01-01T00:00:10Z" }),
        }),
      },
      devStackConfig(),
    );
    resources = await registrations(async () => {
      const { ReturnToBootstrap } = await import("../../components/returnToBootstrap");
      const { loadConfig } = await import("../../config/load");
      const { retirementConfig } = await import("../../config/retirementConfig");
      const secrets = { username: "ironic", password: "p", htpasswd: "h", mariadbPassword: "m" };
      const certificates = { caCertificate: "ca", tlsCertificate: "certificate", tlsKey: "key" };
      new ReturnToBootstrap("release", {
        stack: "test-release",
        config: retirementConfig(loadConfig().config),
        credentials: {
          secrets: pulumi.secret({ ...secrets, ...certificates }),
          json: pulumi.secret(JSON.stringify(secrets)),
        },
        backupKey: pulumi.secret("backup-key"),
        from: { name: "target", kubeconfig: pulumi.secret("target-kubeconfig") },
      });
    });
  }, 120_000);

  const named = (name: string): RegisteredResource => {
    const resource = resources.find((candidate) => candidate.name === name);
    expect(resource, `resource ${name}`).toBeDefined();
    return resource as RegisteredResource;
  };
  const dependencies = ({ options }: RegisteredResource) =>
    [options.dependsOn].flat().map((resource) => (resource as { __name?: string } | undefined)?.__name);

  /** Inputs with a secret in them come wrapped. */
  const environmentOf = ({ inputs }: RegisteredResource): Record<string, string> =>
    (inputs.environment as { value: Record<string, string> }).value;

  it("is of the same make as the bootstrap cluster of the bring-up", () => {
    expect(named("release-bootstrap-kind").inputs).toMatchObject({
      name: "metal3-bootstrap",
      network: "metal3-lab",
      temporary: true,
    });
  });

  it("takes Ironic from the target only when everything else is ready to take over", () => {
    expect(dependencies(named("release-handover"))).toEqual(
      expect.arrayContaining(["release-providers", "release-ironic"]),
    );
    const environment = environmentOf(named("release-handover-endpoint"));
    expect(environment).toMatchObject({
      SOURCE_KUBECONFIG: "target-kubeconfig",
      TARGET_KUBECONFIG: "bootstrap-kubeconfig",
    });
    expect(
      named("release-ironic-deployment-baremetal-operator-system-ironic").inputs.spec,
    ).not.toHaveProperty("replicas");
    expect(dependencies(named("release-move"))).toContain("release-handover");
  });

  it("moves the objects from the target to it, and minds the target's nodes", () => {
    const environment = environmentOf(named("release-move-move"));
    expect(environment).toMatchObject({
      SOURCE_KUBECONFIG: "target-kubeconfig",
      TARGET_KUBECONFIG: "bootstrap-kubeconfig",
      BACKUP_KEY: "backup-key",
    });
    // All of it: what `tests/pivot` moves back with, besides limits.
    expect(JSON.parse(environment.LIFECYCLE_INPUT ?? "")).toEqual({
      stack: "test-release",
      namespace: "metal3",
      clusterName: "lab",
      nodesOn: "source",
      ironicEndpoint: "https://172.22.0.2:6385/v1/",
    });
    expect(JSON.parse(environment.IRONIC_CREDENTIALS ?? "")).toMatchObject({ username: "ironic" });
    expect(dependencies(named("release-move"))).toEqual(
      expect.arrayContaining(["release-ironic", "release-providers", "release-operator"]),
    );
  });
});
