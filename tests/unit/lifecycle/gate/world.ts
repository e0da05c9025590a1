import { movingObjects, moveTypes, objectKey } from "../../../../lifecycle/inventory/graph";
import type { Inventory } from "../../../../lifecycle/inventory/read";
import { assessGate } from "../../../../lifecycle/pivot/gate/assess";
import type { BmcProbe, GateFacts, GateScope, Rehearsal } from "../../../../lifecycle/pivot/gate/facts";
import type { Finding } from "../../../../lifecycle/pivot/gate/findings";
import { field, type KubeObject } from "../../../../lifecycle/shared/kube/objects";
import { apis, definitions, type Draft, healthyObjects, longAgo, object } from "./objects";

/** When the facts were read. */
export const now = Date.parse("2026-01-01T12:00:00Z");

/** What a side has besides the objects that move. */
export interface Side {
  server: string;
  definitions: Draft[];
  namespace: Draft | undefined;
  providers: Draft[];
  deployments: Draft[];
  pods: Draft[];
  controlPlanePods: Draft[];
  nodes: Draft[];
  settings: Draft[];
  localRegistry: string | undefined;
  clock: { seconds: number; error: number } | undefined;
}

/** Everything that the gate looks at, open to be spoiled. */
export interface World {
  scope: { -readonly [Key in keyof GateScope]: GateScope[Key] };
  objects: Draft[];
  /** What the target holds of the same namespace. */
  targetObjects: Draft[];
  source: Side;
  target: Side | undefined;
  strangers: Draft[];
  creates: Rehearsal[];
  sourceWrites: Rehearsal[];
  bmcs: BmcProbe;
}

const providers = [
  ["cluster-api", "CoreProvider", "v1.13.6"],
  ["kubeadm", "BootstrapProvider", "v1.13.6"],
  ["kubeadm", "ControlPlaneProvider", "v1.13.6"],
  ["metal3", "InfrastructureProvider", "v1.13.2"],
  ["metal3", "IPAMProvider", "v1.13.2"],
] as const;

const managers = [
  ["capi-system", "capi-controller-manager", "cluster-api"],
  ["capi-kubeadm-bootstrap-system", "capi-kubeadm-bootstrap-controller-manager", "bootstrap-kubeadm"],
  [
    "capi-kubeadm-control-plane-system",
    "capi-kubeadm-control-plane-controller-manager",
    "control-plane-kubeadm",
  ],
  ["capm3-system", "capm3-controller-manager", "infrastructure-metal3"],
  ["metal3-ipam-system", "ipam-controller-manager", "ipam-metal3"],
] as const;

const operatorNamespace = "baremetal-operator-system";

function inNamespace(draft: Draft, namespace: string): Draft {
  draft.metadata.namespace = namespace;
  return draft;
}

function deployment(
  namespace: string,
  name: string,
  labels: Record<string, string>,
  container: object,
): Draft {
  return inNamespace(
    object("apps/v1", "Deployment", name, {
      labels,
      spec: {
        replicas: 1,
        selector: { matchLabels: { app: name } },
        template: { spec: { containers: [container] } },
      },
      status: {
        observedGeneration: 1,
        replicas: 1,
        updatedReplicas: 1,
        availableReplicas: 1,
        conditions: [{ type: "Available", status: "True" }],
      },
    }),
    namespace,
  );
}

/** A pod whose container is ready and has restarted once, hours ago. */
export function pod(namespace: string, name: string, app: string, container: string): Draft {
  return inNamespace(
    object("v1", "Pod", name, {
      labels: { app },
      spec: { containers: [{ name: container }] },
      status: {
        phase: "Running",
        containerStatuses: [
          {
            name: container,
            ready: true,
            restartCount: 1,
            lastState: { terminated: { reason: "Error", finishedAt: longAgo } },
          },
        ],
      },
    }),
    namespace,
  );
}

/** A node that is ready. */
export function node(
  name: string,
  address: string,
  rest: { providerID?: string; controlPlane?: boolean } = {},
): Draft {
  const draft = object("v1", "Node", name, {
    labels: rest.controlPlane ? { "node-role.kubernetes.io/control-plane": "" } : {},
    spec: {
      ...(rest.providerID ? { providerID: rest.providerID } : {}),
      ...(rest.controlPlane
        ? { taints: [{ key: "node-role.kubernetes.io/control-plane", effect: "NoSchedule" }] }
        : {}),
    },
    status: {
      addresses: [
        { type: "InternalIP", address },
        { type: "Hostname", address: name },
      ],
      allocatable: { memory: "3936644Ki" },
      conditions: [
        { type: "Ready", status: "True" },
        { type: "MemoryPressure", status: "False" },
      ],
    },
  });
  delete draft.metadata.namespace;
  return draft;
}

/** The pod of a running Ironic. */
export function ironicPod(): Draft {
  return pod(operatorNamespace, "ironic-abc", "ironic", "ironic");
}

function side(server: string, nodes: Draft[], ironicRuns: boolean): Side {
  return {
    server,
    definitions: definitions(),
    namespace: object("v1", "Namespace", "metal3", { status: { phase: "Active" } }),
    providers: providers.map(([providerName, type, version]) => ({
      ...object("clusterctl.cluster.x-k8s.io/v1alpha3", "Provider", `${type}-${providerName}`),
      providerName,
      type,
      version,
    })),
    deployments: [
      ...managers.map(([namespace, name, provider]) =>
        deployment(
          namespace,
          name,
          { "cluster.x-k8s.io/provider": provider },
          {
            name: "manager",
            args: ["--leader-elect", "--feature-gates=MachinePool=true,ClusterTopology=false"],
            image: `example.com/${name}:v1.13.6`,
          },
        ),
      ),
      deployment(
        operatorNamespace,
        "baremetal-operator-controller-manager",
        {},
        { name: "manager", args: ["--leader-elect"], image: "quay.io/metal3-io/baremetal-operator:v0.13.2" },
      ),
      deployment(operatorNamespace, "ironic", {}, { name: "ironic" }),
    ],
    pods: [
      ...managers.map(([namespace, name]) => pod(namespace, `${name}-1`, name, "manager")),
      ...(ironicRuns ? [ironicPod()] : []),
    ],
    controlPlanePods: ["etcd", "kube-apiserver"].map((name) => pod("kube-system", `${name}-a`, name, name)),
    nodes,
    settings: [object("v1", "ConfigMap", "ironic-bmo-configmap", { data: { PROVISIONING_IP: "10.10.0.2" } })],
    localRegistry: undefined,
    clock: { seconds: 0.2, error: 0.51 },
  };
}

/** A world in which nothing speaks against the move: Ironic has been handed over, the target is ready. */
export function healthyWorld(): World {
  return {
    scope: {
      namespace: "metal3",
      clusterName: "lab",
      operatorNamespace,
      operatorDeployment: "baremetal-operator-controller-manager",
      nodesOn: "target",
      unownedObjects: "list",
      occasion: "move",
      resumed: false,
    },
    objects: healthyObjects(),
    targetObjects: [],
    source: side(
      "https://127.0.0.1:36443",
      [node("metal3-bootstrap-control-plane", "10.10.0.250", { controlPlane: true })],
      false,
    ),
    target: side(
      "https://10.10.0.10:6443",
      [
        node("lab-control-plane-m0", "10.10.0.20", {
          providerID: "metal3://metal3/host-0/lab-control-plane-m0",
          controlPlane: true,
        }),
        node("lab-workers-x-m1", "10.10.0.21", { providerID: "metal3://metal3/host-1/lab-workers-x-m1" }),
      ],
      true,
    ),
    strangers: [object(apis.host, "HostFirmwareSettings", "host-0", { spec: { settings: {} } })],
    creates: [],
    sourceWrites: [],
    bmcs: {
      kind: "made",
      from: "Pod baremetal-operator-system/ironic-abc",
      results: [0, 1, 2].map((number) => ({
        hosts: [`host-${number}`],
        endpoint: `10.20.0.${number}:443`,
        answers: true,
      })),
    },
  };
}

function inventory(drafts: readonly Draft[], known: readonly Draft[]): Inventory {
  const objects = drafts as readonly KubeObject[];
  const moving = movingObjects(objects, moveTypes(known));
  const cluster = objects.find(({ kind }) => kind === "Cluster");
  return {
    definitions: known,
    objects,
    moving,
    keys: new Set(moving.map(objectKey)),
    cluster,
    paused: field(cluster, "spec", "paused") === true,
  };
}

/** The world as the gate's reader gives it. */
export function factsOf(world: World): GateFacts {
  const sideFacts = (name: "source" | "target", given: Side, objects: readonly Draft[]) => {
    const { definitions: known, ...rest } = given;
    return { ...rest, name, inventory: inventory(objects, known) };
  };
  return {
    scope: world.scope,
    readAt: now,
    source: sideFacts("source", world.source, world.objects),
    target: world.target && sideFacts("target", world.target, world.targetObjects),
    strangers: world.strangers,
    creates: world.creates,
    sourceWrites: world.sourceWrites,
    bmcs: world.bmcs,
  };
}

/** What the gate finds after `spoil` has been at a healthy world. */
export function findingsAfter(spoil: (world: World) => void): Finding[] {
  const world = healthyWorld();
  spoil(world);
  return assessGate(factsOf(world));
}

/** A finding as the tests compare it: "error (may settle): object reason". */
export function line({ severity, transient, object: about, reason }: Finding): string {
  return `${severity}${transient ? " (may settle)" : ""}: ${about} ${reason}`;
}

/** The object of that kind and name, which must be there. */
export function one(objects: readonly Draft[], kind: string, name: string) {
  const found = objects.find((candidate) => candidate.kind === kind && candidate.metadata.name === name);
  if (!found) {
    throw new Error(`the world has no ${kind} ${name}`);
  }
  return found as Draft & { spec: Record<string, unknown>; status: Record<string, unknown> };
}
