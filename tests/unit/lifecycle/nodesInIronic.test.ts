import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ironicCredentials } from "../../../lifecycle/inputs/ironicCredentials";
import { assessNodes } from "../../../lifecycle/pivot/nodesInIronic";
import { type IronicNode, listNodes } from "../../../lifecycle/shared/ironicNodes";
import type { KubeObject } from "../../../lifecycle/shared/kube/objects";
import { FakeIronic } from "../../pivot/support/ironic";

interface HostTraits {
  readonly state?: string;
  readonly consumer?: boolean;
  readonly annotations?: Record<string, string>;
  readonly bmc?: boolean;
}

function host(name: string, { state, consumer, annotations, bmc }: HostTraits = {}): KubeObject {
  return {
    apiVersion: "metal3.io/v1alpha1",
    kind: "BareMetalHost",
    metadata: { name, namespace: "metal3", annotations: annotations ?? {} },
    spec: {
      ...(bmc === false ? {} : { bmc: { address: "redfish://192.0.2.1/1" } }),
      ...(consumer ? { consumerRef: { kind: "Metal3Machine", name: "m" } } : {}),
    },
    status: { provisioning: { state: state ?? "provisioned", ID: `id-of-${name}` } },
  };
}

const used = (name: string, traits: HostTraits = {}) => host(name, { consumer: true, ...traits });
const spare = (name: string, traits: HostTraits = {}) => host(name, { state: "available", ...traits });

function node(name: string, state: string, rest: Partial<IronicNode> = {}): IronicNode {
  return {
    uuid: `id-of-${name}`,
    name: `metal3~${name}`,
    provision_state: state,
    maintenance: false,
    ...rest,
  };
}

describe("assessNodes", () => {
  const content = { reasons: [], waiting: [] };

  it("is content when every host in use has an active node, and spare hosts are left alone", () => {
    const hosts = [used("a"), host("b", { state: "externally provisioned" }), spare("c"), spare("d")];
    const nodes = [node("a", "active"), node("b", "active"), node("c", "manageable"), node("d", "available")];
    expect(assessNodes(hosts, nodes)).toEqual(content);
  });

  it("minds no nodes of others, and no spare host that is not registered yet", () => {
    const foreign = { ...node("other", "cleaning"), name: "elsewhere~a", uuid: "x" };
    expect(assessNodes([used("a"), spare("c")], [node("a", "active"), foreign])).toEqual(content);
  });

  it("minds no host that its user has paused or detached, and none without a BMC", () => {
    const hosts = [
      used("a", { annotations: { "baremetalhost.metal3.io/paused": "maintenance" } }),
      used("b", { annotations: { "baremetalhost.metal3.io/detached": "" } }),
      used("c", { bmc: false }),
      spare("d", { annotations: { "baremetalhost.metal3.io/paused": "maintenance" } }),
    ];
    expect(assessNodes(hosts, [node("d", "clean failed")])).toEqual(content);
  });

  it("does not take our own pause for the user's", () => {
    const held = used("a", { annotations: { "baremetalhost.metal3.io/paused": "metal3.pulumi.com/pivot" } });
    expect(assessNodes([held], []).reasons).toHaveLength(1);
  });

  it.each<[string, KubeObject, IronicNode | undefined, string]>([
    ["a host without a node", used("a"), undefined, "is not registered with Ironic yet"],
    [
      "a node that the host does not know yet",
      used("a"),
      node("a", "enroll", { uuid: "new" }),
      'does not know its node in Ironic yet: node new is "enroll"',
    ],
    ["a refused adoption", used("a"), node("a", "adopt failed", { last_error: "no image" }), "(no image)"],
    ["a host in use that is inspected", used("a"), node("a", "inspecting"), 'is "inspecting" instead of'],
    [
      "maintenance",
      used("a"),
      node("a", "active", { maintenance: true, maintenance_reason: "power unknown" }),
      'is "active" (power unknown) in maintenance',
    ],
    ...["inspecting", "inspect wait", "cleaning", "clean wait", "deploying", "wait call-back", "active"].map(
      (state): [string, KubeObject, IronicNode, string] => [
        `a spare host whose node is "${state}"`,
        spare("a"),
        node("a", state),
        `spare BareMetalHost metal3/a: node id-of-a is "${state}"`,
      ],
    ),
  ])("names %s", (_what, object, known, reason) => {
    const { reasons } = assessNodes([object], known ? [known] : []);
    expect(reasons).toEqual([expect.stringContaining(reason)]);
    expect(reasons[0]).toContain("metal3/a");
  });

  it("tells for which hosts the operator is to be called", () => {
    const hosts = [used("a"), used("b"), used("c"), spare("d")];
    const nodes = [
      node("a", "manageable"),
      node("b", "adopting"),
      node("c", "active"),
      node("d", "manageable"),
    ];
    expect(assessNodes(hosts, nodes).waiting.map(({ metadata }) => metadata.name)).toEqual(["a"]);
  });
});

describe("listNodes", () => {
  let ironic: FakeIronic;
  beforeEach(async () => {
    ironic = await FakeIronic.start();
  });
  afterEach(async () => {
    await ironic.stop();
  });
  const login = () => ironicCredentials.parse(JSON.parse(ironic.credentials));
  const never = new AbortController().signal;

  it("reads all pages", async () => {
    ironic.pageSize = 2;
    ironic.nodes = ["a", "b", "c", "d", "e"].map((name) => node(name, "active"));
    const nodes = await listNodes(ironic.endpoint, login(), never);
    expect(nodes.map(({ uuid }) => uuid)).toEqual(ironic.nodes.map(({ uuid }) => uuid));
    expect(ironic.asked).toBe(3);
  });

  it("says what it is refused with", async () => {
    const wrong = { ...login(), password: "another" };
    await expect(listNodes(ironic.endpoint, wrong, never)).rejects.toThrow(
      "Ironic answers HTTP 401 to GET /nodes",
    );
  });

  it("trusts nobody with another certificate", async () => {
    const other = await FakeIronic.start();
    try {
      await expect(listNodes(other.endpoint, login(), never)).rejects.toThrow(/certificate|self-signed/);
      expect(other.asked).toBe(0);
    } finally {
      await other.stop();
    }
  });
});
