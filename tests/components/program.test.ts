import { beforeAll, describe, expect, it } from "vitest";
import * as pulumi from "@pulumi/pulumi";
import type { Resource } from "@pulumi/pulumi";
import { ownerOf } from "../../providers/kind/owner";
import { mockEngine, type RegisteredResource, registrations } from "./support";
import { devStackConfig } from "./devStack";

let resources: readonly RegisteredResource[];

/** The whole program under mocks, with the lab's stack. */
describe("the program", () => {
  beforeAll(async () => {
    await mockEngine(
      {
        "kind:index:Cluster": () => ({
          kubeconfig: "bootstrap-kubeconfig",
          startedAt: "2026-01-01T00:00:00Z",
          readyAt: "2026-01-01T00:00:20Z",
        }),
        "command:local:Command": (inputs) => ({ stdout: JSON.stringify(resultOf(inputs)) }),
      },
      devStackConfig(),
    );
    resources = await registrations(() => import("../../index"));
  }, 120_000);

  const named = (name: string): RegisteredResource => {
    const resource = resources.find((candidate) => candidate.name === name);
    expect(resource, `resource ${name}`).toBeDefined();
    return resource as RegisteredResource;
  };
  const ofProvider = (provider: string) =>
    resources.filter((resource) => nameOf(resource.options.provider) === provider);

  it("runs the steps' programs with the verbs they are made for", () => {
    const verbs = resources
      .filter(({ type }) => type === "command:local:Command")
      .map(({ inputs }) => /main\.ts (\S+)/.exec(String(inputs.create))?.[1])
      .filter((verb) => verb !== undefined);
    expect(verbs.sort()).toEqual(
      [
        "backup-key",
        "bootstrap-teardown",
        "hosts-available",
        "hosts-available",
        "ironic-credentials",
        "ironic-handover",
        "ironic-ready",
        "ironic-stage",
        "management-kubeconfig",
        "nodes-ready",
        "nodes-ready",
        "operator-answers",
        "operator-answers",
        "pivot",
        "preflight",
        "providers-init",
        "providers-init",
        "providers-prerequisites",
        "providers-prerequisites",
        "services-ready",
        "target-kubeconfig",
      ].sort(),
    );
  });

  it("waits for the control plane before the workers when it changes, and not when it is made", () => {
    const { create, update } = named("target-control-plane-rollout").inputs;
    expect(create).toBe("exec true");
    expect(update).toMatch(/ control-plane-rollout$/);
    expect(dependencies(named("target-pool-workers"))).toContain("target-control-plane-rollout");
  });

  it("makes a bootstrap cluster whose absence is no drift", () => {
    expect(named("bootstrap-kind").inputs).toMatchObject({ temporary: true, network: "metal3-lab" });
    expect(named("bootstrap-provider").inputs).toMatchObject({
      clusterIdentifier: "metal3-bootstrap",
      skipUpdateUnreachable: "true",
    });
  });

  it("knows the bootstrap cluster that a killed run has left by the mark that its resource gives it", () => {
    const remains = named("bootstrap-remains");
    expect(dependencies(named("bootstrap-kind"))).toContain("bootstrap-remains");
    expect(remains.inputs).toMatchObject({ delete: expect.stringMatching(/ remains$/) as string });
    const { LIFECYCLE_INPUT } = remains.inputs.environment as Record<string, string>;
    // Mocks name the stack's type too, which the engine leaves out.
    const types = "pulumi:pulumi:Stack$metal3:index:BootstrapCluster$kind:index:Cluster";
    const urn = `urn:pulumi:${pulumi.getStack()}::${pulumi.getProject()}::${types}::bootstrap-kind`;
    expect(JSON.parse(LIFECYCLE_INPUT ?? "")).toEqual({
      stack: pulumi.getStack(),
      kindName: "metal3-bootstrap",
      kindOwner: ownerOf(urn),
    });
  });

  it("writes no kubeconfig before there is what removes it in the end", () => {
    expect(dependencies(named("management"))).toContain("retirement");
    expect(named("target-kubeconfig").inputs.delete).toMatch(/ remember-target$/);
  });

  it("creates nothing before the environment was looked at", () => {
    for (const first of ["bootstrap", "ironic-credentials"]) {
      expect(dependencies(named(first)), first).toContain("preflight");
    }
    expect(named("preflight-environment").inputs.create).toMatch(/ preflight$/);
  });

  it("asks for workers when the control plane answers, and waits for them", () => {
    expect(dependencies(named("target-pool-workers"))).toEqual(
      expect.arrayContaining(["target-kubeconfig", "hosts"]),
    );
    expect(dependencies(named("target-kubeconfig"))).not.toContain("target-pool-workers");
    expect(dependencies(named("target-nodes"))).toContain("target-pool-workers");
  });

  it("has the control plane's host inspected first, and starts with it", () => {
    expect(dependencies(named("hosts-control-plane-available"))).toContain("hosts-host-0");
    expect(dependencies(named("hosts"))).toContain("bootstrap-operator");
    expect(dependencies(named("bootstrap-operator-answers"))).toEqual(
      expect.arrayContaining([expect.stringMatching(/^bootstrap-operator-deployment-/)]),
    );
    expect(dependencies(named("hosts-host-1-bmc"))).toEqual(
      expect.arrayContaining(["hosts-control-plane-available", "bootstrap-providers"]),
    );
    expect(dependencies(named("hosts-available"))).toEqual(
      expect.arrayContaining(["hosts-host-0", "hosts-host-1", "hosts-host-2"]),
    );
    expect(dependencies(named("target-kubeconfig"))).toContain("hosts-control-plane-available");
    expect(dependencies(named("target-kubeconfig"))).not.toContain("hosts-available");
  });

  it("starts the CNI's pods when Services can be reached, and waits with nothing else for that", () => {
    expect(dependencies(named("target-cni-daemonset-kube-flannel-kube-flannel-ds"))).toContain(
      "target-services",
    );
    const others = resources.filter((resource) => dependencies(resource).includes("target-services"));
    expect(others.map(({ name }) => name)).toEqual(["target-cni-daemonset-kube-flannel-kube-flannel-ds"]);
  });

  it("tells where the hosts' consoles are without running a program again when that changes", () => {
    const environment = named("hosts-available").inputs.environment as Record<string, unknown>;
    expect(environment.LIFECYCLE_CONSOLE_LOG).toBe(".lab/hosts/${HOST}/console.log");
    expect(named("hosts-available").options.ignoreChanges).toContain("environment.LIFECYCLE_CONSOLE_LOG");
  });

  it("gives every Kubernetes object a provider of its own", () => {
    const objects = resources.filter(
      ({ type }) => type.startsWith("kubernetes:") && type !== "pulumi:providers:kubernetes",
    );
    expect(objects.length).toBeGreaterThan(80);
    for (const object of objects) expect(object.options.provider, object.name).toBeDefined();
  });

  it("leaves the deletion of what belongs to a Cluster or a host to their controllers", () => {
    const objects = ofProvider("management-provider").filter(
      ({ type }) => !type.startsWith("kubernetes:core/"),
    );
    const kinds = new Set(objects.map(({ type }) => type.split(":").at(-1)));
    for (const kind of ["BareMetalHost", "Cluster", "KubeadmControlPlane", "MachineDeployment"])
      expect(kinds).toContain(kind);
    for (const { name, inputs } of objects)
      expect(inputs.metadata, name).toMatchObject({
        annotations: { "pulumi.com/deletionPropagationPolicy": "background" },
      });
  });

  it("keeps the bootstrap's objects out of every later plan", () => {
    const objects = ofProvider("bootstrap-provider");
    expect(objects.length).toBeGreaterThan(30);
    for (const object of objects) {
      const kept = object.options.retainOnDelete ?? object.parentOptions?.retainOnDelete;
      expect(kept, object.name).toBe(true);
    }
  });

  it("starts the operator without waiting for its Services, which have no pods before it runs", () => {
    const prefix = "bootstrap-operator-service-baremetal-operator-system-";
    const operator = named(
      "bootstrap-operator-deployment-baremetal-operator-system-baremetal-operator-controller-manager",
    );
    expect(dependencies(operator).length).toBeGreaterThan(10);
    expect(dependencies(operator).filter((name) => name?.startsWith(prefix))).toEqual([]);
    expect(named(`${prefix}baremetal-operator-webhook-service`)).toBeDefined();
    const { minReadySeconds, template } = operator.inputs.spec as {
      minReadySeconds: number;
      template: { spec: { containers: { name: string; readinessProbe: object }[] } };
    };
    expect(minReadySeconds).toBe(0);
    const manager = template.spec.containers.find(({ name }) => name === "manager");
    expect(manager?.readinessProbe).toMatchObject({
      httpGet: { path: "/readyz" },
      initialDelaySeconds: 1,
      periodSeconds: 2,
    });
  });

  it("deletes what moves only together with what releases the machines", () => {
    const objects = ofProvider("management-provider");
    expect(objects.filter(({ inputs }) => inputs.kind === "BareMetalHost")).toHaveLength(3);
    for (const object of objects)
      expect(nameOf(object.options.deletedWith), object.name).toBe("retirement-release");
  });

  it("asks whether the machines can be released before anything else is deleted", () => {
    const { inputs, options } = named("release-guard-check");
    expect(inputs).toMatchObject({ create: "exec true", update: "exec true" });
    expect(inputs.delete).toMatch(/ retire-check$/);
    const { value } = inputs.environment as { value: Record<string, string> };
    expect(value).toMatchObject({
      SOURCE_KUBECONFIG: "bootstrap-kubeconfig",
      TARGET_KUBECONFIG: "target-kubeconfig-content",
    });
    expect(Object.keys(value)).not.toContain("BACKUP_KEY");
    expect(options.customTimeouts?.delete).toMatch(/^\d+s$/);
    expect(dependencies(named("release-guard"))).toContain("bootstrap-teardown");
  });

  it("keeps templates that were replaced, and nothing else that moves", () => {
    const kept = ofProvider("management-provider").filter(({ options }) => options.retainOnDelete);
    expect(new Set(kept.map(({ inputs }) => inputs.kind))).toEqual(
      new Set(["Metal3DataTemplate", "Metal3MachineTemplate", "KubeadmConfigTemplate"]),
    );
  });

  it("lays the target's Ironic down with no pod, and leaves its start to the handover", () => {
    const deployment = named("target-ironic-deployment-baremetal-operator-system-ironic");
    expect(dependencies(deployment)).toContain("target-ironic-stage");
    expect(deployment.inputs.spec).not.toHaveProperty("replicas");
    expect(dependencies(named("handover-endpoint"))).toContain(deployment.name);
    expect(dependencies(named("handover"))).toEqual(
      expect.arrayContaining(["target-deployed", "target-ironic"]),
    );
    const source = named("bootstrap-ironic-deployment-baremetal-operator-system-ironic");
    expect(source.inputs.spec).toMatchObject({ replicas: 1 });
  });

  it("never changes the number of an Ironic's pods, which the handover owns", () => {
    for (const cluster of ["bootstrap", "target"]) {
      const deployment = named(`${cluster}-ironic-deployment-baremetal-operator-system-ironic`);
      expect(deployment.options.ignoreChanges, cluster).toEqual(["spec.replicas"]);
    }
  });

  it("moves after everything on the target is there, and takes the bootstrap down after the move", () => {
    const pivot = named("pivot");
    expect(dependencies(pivot)).toEqual(
      expect.arrayContaining(["handover", "target-providers", "target-operator", "target"]),
    );
    const triggers = named("bootstrap-teardown-delete").inputs.triggers as string[];
    expect(triggers).toEqual(["pivot-move-id"]);
  });

  it("has the target's Ironic asked after the move, and does not move again for other credentials", () => {
    const move = named("pivot-move");
    const { value } = move.inputs.environment as { value: Record<string, string> };
    expect(JSON.parse(value.LIFECYCLE_INPUT ?? "")).toMatchObject({
      nodesOn: "target",
      ironicEndpoint: "https://172.22.0.2:6385/v1/",
    });
    expect(value.IRONIC_CREDENTIALS).toBe(
      (named("handover-endpoint").inputs.environment as { value: Record<string, string> }).value
        .IRONIC_CREDENTIALS,
    );
    expect(move.options.ignoreChanges).toEqual(
      expect.arrayContaining(["environment.LIFECYCLE_INPUT", "environment.IRONIC_CREDENTIALS"]),
    );
    expect(move.options.ignoreChanges).not.toContain("environment.TARGET_KUBECONFIG");
  });

  it("hands the key of the backups, as a secret, to what moves the objects", () => {
    for (const name of ["pivot-move", "retirement-release"]) {
      const { value } = named(name).inputs.environment as { value: Record<string, unknown> };
      expect(value.BACKUP_KEY, name).toBe("AGE-SECRET-KEY-1TEST");
    }
    expect(named("backup-key-generate").options.additionalSecretOutputs).toContain("stdout");
  });

  it("does not run a program again when only its limit changes", () => {
    for (const resource of resources.filter(({ inputs }) => /main\.ts/.test(String(inputs.create)))) {
      expect(resource.options.ignoreChanges, resource.name).toContain(
        "environment.LIFECYCLE_TIMEOUT_SECONDS",
      );
    }
  });

  it("keeps secrets out of the commands' texts and their plain input", () => {
    for (const { name, inputs } of resources.filter(({ type }) => type === "command:local:Command")) {
      const environment = (inputs.environment ?? {}) as Record<string, unknown>;
      const plain = `${String(inputs.create)} ${JSON.stringify(environment.LIFECYCLE_INPUT ?? "")}`;
      expect(plain, name).not.toMatch(/bootstrap-kubeconfig|target-kubeconfig-content|secret-password/);
    }
  });
});

function nameOf(resource: unknown): string | undefined {
  return (resource as { __name?: string } | undefined)?.__name;
}

function dependencies({ options }: RegisteredResource): (string | undefined)[] {
  const { dependsOn } = options;
  const list = Array.isArray(dependsOn) ? dependsOn : [dependsOn];
  return list.map((dependency) => nameOf(dependency as Resource));
}

/** What the program behind a mocked command would print. */
function resultOf(inputs: Record<string, unknown>): Record<string, unknown> {
  const times = { startedAt: "2026-01-01T00:00:00Z", finishedAt: "2026-01-01T00:00:10Z" };
  const verb: string = /main\.ts (\S+)/.exec(String(inputs.create))?.[1] ?? "";
  switch (verb) {
    case "ironic-credentials":
      return {
        ...times,
        username: "ironic",
        password: "secret-password",
        htpasswd: "ironic:hash",
        mariadbPassword: "secret-password",
        caCertificate: "ca",
        tlsCertificate: "certificate",
        tlsKey: "key",
      };
    case "backup-key":
      return { ...times, key: "AGE-SECRET-KEY-1TEST" };
    case "management-kubeconfig":
      return { ...times, path: ".state/test/management.kubeconfig" };
    case "target-kubeconfig":
      return { ...times, kubeconfig: "target-kubeconfig-content" };
    default:
      return times;
  }
}
