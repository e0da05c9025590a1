import { describe, expect, it } from "vitest";
import { unseenHost } from "../../../lifecycle/hosts/hostState";
import {
  abandonedMachines,
  type ClusterMachines,
  hostsThatCount,
  hostsWithoutNode,
} from "../../../lifecycle/machines/outdated";
import type { KubeObject } from "../../../lifecycle/shared/kube/objects";

/** A Machine, its Metal3Machine of the same name, and the host that it took. */
interface Part {
  readonly name: string;
  readonly template: string;
  readonly controlPlane?: boolean;
  readonly node?: boolean;
  readonly deleting?: boolean;
  /** What its owner says of it; it says nothing at first. */
  readonly upToDate?: boolean;
  readonly host?: string;
}

/** A cluster whose owners want machines of the template "new". */
function cluster(...parts: readonly Part[]): ClusterMachines {
  const infrastructureRef = { name: "new" };
  return {
    controlPlane: {
      metadata: { name: "cp" },
      spec: { machineTemplate: { spec: { infrastructureRef } } },
    },
    deployments: [{ metadata: { name: "pool" }, spec: { template: { spec: { infrastructureRef } } } }],
    machines: parts.map(({ name, controlPlane, node, deleting, upToDate }): KubeObject => ({
      kind: "Machine",
      metadata: {
        name,
        labels: controlPlane
          ? { "cluster.x-k8s.io/control-plane": "" }
          : { "cluster.x-k8s.io/deployment-name": "pool" },
        ...(deleting ? { deletionTimestamp: "2026-01-01T00:00:00Z" } : {}),
      },
      spec: { infrastructureRef: { name } },
      status: {
        ...(node ? { nodeRef: { name: `node-of-${name}` } } : {}),
        conditions: upToDate === undefined ? [] : [{ type: "UpToDate", status: upToDate ? "True" : "False" }],
      },
    })),
    metal3Machines: parts.map(({ name, template }) => ({
      metadata: { name, annotations: { "cluster.x-k8s.io/cloned-from-name": template } },
    })),
    hosts: parts.flatMap(({ name, host }, index) =>
      host === undefined
        ? []
        : [{ ...unseenHost(`host-${index}`), state: host, consumer: `Metal3Machine ${name}` }],
    ),
  };
}

const abandoned = (found: ClusterMachines, ...givenUp: string[]) =>
  abandonedMachines(found, new Set(givenUp)).map(({ metadata }) => metadata.name);

describe("abandoned machines", () => {
  const first: Part = { name: "cp-1", template: "old", controlPlane: true, host: "provisioning" };

  it("are those of the control plane made from an earlier template that never became a node", () => {
    expect(abandoned(cluster(first))).toEqual(["cp-1"]);
    expect(abandoned(cluster({ ...first, host: "deprovisioning" }))).toEqual(["cp-1"]);
    expect(abandoned(cluster({ ...first, host: undefined }))).toEqual(["cp-1"]);
  });

  it("are also those made from an earlier configuration", () => {
    expect(abandoned(cluster({ ...first, template: "new", upToDate: false }))).toEqual(["cp-1"]);
  });

  it("are those with a host that is up only when it was waited for in vain", () => {
    const joining = cluster({ ...first, host: "provisioned" });
    expect(abandoned(joining)).toEqual([]);
    expect(abandoned(joining, "host-0")).toEqual(["cp-1"]);
    expect(abandoned(cluster({ ...first, template: "new", host: "provisioned" }), "host-0")).toEqual([]);
  });

  it.each<[string, Part]>([
    ["are as wanted", { ...first, template: "new" }],
    ["have a node", { ...first, node: true }],
    ["are being deleted", { ...first, deleting: true }],
    ["have a host that is up", { ...first, host: "provisioned" }],
    ["have a host that was up before", { ...first, host: "externally provisioned" }],
    ["are workers", { ...first, controlPlane: false }],
  ])("are not those that %s", (_why, part) => {
    expect(abandoned(cluster(part))).toEqual([]);
  });
});

describe("hosts", () => {
  const found = cluster(
    { name: "cp", template: "new", controlPlane: true, node: true, host: "provisioned" },
    { name: "old-worker", template: "old", host: "provisioning" },
    { name: "new-worker", template: "new", host: "inspecting" },
    { name: "going", template: "new", deleting: true, host: "deprovisioning" },
  );

  it("count unless their machine goes anyway", () => {
    expect(hostsThatCount(found).map(({ name }) => name)).toEqual(["host-0", "host-2"]);
  });

  it("without a node are named", () => {
    expect(hostsWithoutNode(found).map(({ name }) => name)).toEqual(["host-2"]);
  });
});
