import { clusterctlLabel, moveHierarchyLabel, moveLabel, objectKey } from "../../inventory/graph";
import type { Inventory } from "../../inventory/read";
import { condition, count, describe, field, isTrue, type KubeObject, text } from "../../shared/kube/objects";
import { clusterNameLabel } from "../../shared/kube/types";
import { detachedAnnotation, isConsumed, isPausedByUser } from "../hostAnnotations";
import { type Finding, refusal, unsettled, warning } from "./findings";
import { assessProviders } from "./providers";

/** Everything that the gate looks at; read before anything is written. */
export interface GateSnapshot {
  readonly source: Inventory;
  readonly target: Inventory;
  /** clusterctl's inventories of providers. */
  readonly sourceProviders: readonly KubeObject[];
  readonly targetProviders: readonly KubeObject[];
  /** Nodes of the moved cluster. */
  readonly nodes: readonly KubeObject[];
  /** Why a webhook of the target does not answer, one each. */
  readonly silentWebhooks: readonly string[];
  /** Whether an attempt has been made before: then the target holds a part, and the source may be paused. */
  readonly resumed: boolean;
}

/** Judges a snapshot. All findings at once. */
export function assessGate(snapshot: GateSnapshot): Finding[] {
  const { source, target } = snapshot;
  const ofKind = (kind: string) => source.moving.filter((object) => object.kind === kind);
  return [
    ...assessDefinitions("source", source.definitions),
    ...assessDefinitions("target", target.definitions),
    ...assessProviders(snapshot.sourceProviders, snapshot.targetProviders),
    ...snapshot.silentWebhooks.map((why) =>
      unsettled("target webhooks", why, "the controller's pod must be available on the target"),
    ),
    ...assessCluster(source, snapshot.resumed),
    ...ofKind("BareMetalHost").flatMap((host) => assessHost(host, snapshot.resumed)),
    ...ofKind("Machine").flatMap(assessMachine),
    ...ofKind("Metal3Machine").flatMap((machine) => assessProviderID(machine, snapshot.nodes)),
    ...ofKind("KubeadmControlPlane").flatMap(assessReplicas),
    ...ofKind("MachineDeployment").flatMap(assessReplicas),
    ...assessStaying(source),
    ...source.moving.filter(({ metadata }) => metadata.deletionTimestamp !== undefined).map(deleting),
    ...(snapshot.resumed ? [] : assessLeftovers(source, target)),
  ];
}

/** Definitions without their labels are invisible to clusterctl: their objects would stay behind and die with the source. */
function assessDefinitions(side: string, definitions: readonly KubeObject[]): Finding[] {
  const needed: Readonly<Record<string, readonly string[]>> = {
    "baremetalhosts.metal3.io": [clusterctlLabel, moveLabel, moveHierarchyLabel],
    "hardwaredata.metal3.io": [clusterctlLabel, moveLabel],
  };
  return Object.entries(needed).flatMap(([name, labels]) => {
    const found = definitions.find(({ metadata }) => metadata.name === name)?.metadata.labels ?? {};
    const absent = labels.filter((label) => !(label in found));
    return absent.length === 0
      ? []
      : [
          refusal(
            `CustomResourceDefinition ${name} on the ${side}`,
            `lacks the labels ${absent.join(", ")}`,
            "apply the Bare Metal Operator's manifests with the labels; run `pulumi up` again",
          ),
        ];
  });
}

function assessCluster(source: Inventory, resumed: boolean): Finding[] {
  if (!source.cluster) {
    return [refusal("Cluster", "is not on the source", "create the target cluster first")];
  }
  const object = describe(source.cluster);
  const findings: Finding[] = [];
  if (source.paused && !resumed) {
    findings.push(
      refusal(object, "is paused", "find out who paused it and why; unset spec.paused when that is over"),
    );
  }
  // What clusterctl itself asks for, before it pauses anything.
  if (field(source.cluster, "status", "initialization", "infrastructureProvisioned") !== true) {
    findings.push(unsettled(object, "has no infrastructure yet", "wait until its Metal3Cluster is ready"));
  }
  if (!isTrue(source.cluster, "ControlPlaneInitialized")) {
    findings.push(
      unsettled(object, "has no initialized control plane", "wait until its first control plane node is up"),
    );
  }
  return findings;
}

/** States in which nothing is done to a host, so that it can change hands. */
const steadyStates = new Set(["provisioned", "available", "ready", "externally provisioned"]);

function assessHost(host: KubeObject, resumed: boolean): Finding[] {
  const object = describe(host);
  const findings: Finding[] = [];
  const state = text(host, "status", "provisioning", "state") ?? "new";
  const error = text(host, "status", "errorMessage");
  if (!steadyStates.has(state)) {
    findings.push(
      unsettled(object, `is ${state}`, "wait until it is available or provisioned, or remove it"),
    );
  }
  if (error !== undefined) {
    findings.push(
      unsettled(
        object,
        `has a ${text(host, "status", "errorType") ?? "error"}: ${error}`,
        "mend it, or remove the host",
      ),
    );
  }
  if (detachedAnnotation in (host.metadata.annotations ?? {})) {
    findings.push(refusal(object, "is detached", `remove the annotation ${detachedAnnotation}`));
  }
  if (isPausedByUser(host) && isConsumed(host)) {
    findings.push(
      refusal(
        object,
        "is paused by a user, so its status would not be kept",
        "remove the annotation baremetalhost.metal3.io/paused for the time of the move",
      ),
    );
  }
  if (text(host, "status", "lastUpdated") === undefined && !resumed) {
    findings.push(
      unsettled(object, "has no status to move", "the Bare Metal Operator must have seen the host"),
    );
  }
  if (isConsumed(host) && host.metadata.labels?.[clusterNameLabel] === undefined) {
    findings.push(
      unsettled(
        object,
        `lacks the label ${clusterNameLabel}`,
        "CAPM3 sets it; without it CAPM3 never lifts its pause",
      ),
    );
  }
  return findings;
}

function assessMachine(machine: KubeObject): Finding[] {
  const phase = text(machine, "status", "phase") ?? "new";
  const node = text(machine, "status", "nodeRef", "name");
  return phase === "Running" && node !== undefined
    ? []
    : [
        unsettled(
          describe(machine),
          `is ${phase}${node === undefined ? " and has no node" : ""}`,
          "wait until the machine runs, or scale its owner down",
        ),
      ];
}

/** Only a provider ID made of names survives a move; one made of a UID does not, because UIDs change. */
function assessProviderID(machine: KubeObject, nodes: readonly KubeObject[]): Finding[] {
  const object = describe(machine);
  const id = text(machine, "spec", "providerID");
  if (id === undefined) {
    return [unsettled(object, "has no providerID", "wait until CAPM3 has found its node")];
  }
  if (!/^metal3:\/\/[^/]+\/[^/]+\/[^/]+$/.test(id)) {
    return [
      refusal(
        object,
        `has the providerID ${id}`,
        "the node's provider-id must be metal3://<namespace>/<host>/<machine>",
      ),
    ];
  }
  return nodes.some((node) => text(node, "spec", "providerID") === id)
    ? []
    : [
        unsettled(
          object,
          `no node has its providerID ${id}`,
          "set the kubelet's provider-id to the same value",
        ),
      ];
}

function assessReplicas(owner: KubeObject): Finding[] {
  const wanted = count(owner, "spec", "replicas") ?? 1;
  const numbers = (["replicas", "readyReplicas", "upToDateReplicas"] as const).map(
    (name) => [name, count(owner, "status", name) ?? 0] as const,
  );
  const off = numbers.filter(([, value]) => value !== wanted);
  const observed = count(owner, "status", "observedGeneration") ?? 0;
  if (off.length === 0 && observed >= (owner.metadata.generation ?? 0)) {
    return [];
  }
  const reason = condition(owner, "RollingOut")?.message ?? condition(owner, "Available")?.message;
  return [
    unsettled(
      describe(owner),
      `wants ${wanted} replicas and reports ${numbers.map(([name, value]) => `${name} ${value}`).join(", ")}${reason ? ` (${reason})` : ""}`,
      "wait until the rollout is over",
    ),
  ];
}

/** Objects that look as if they belonged to the cluster, but that clusterctl would leave behind. */
function assessStaying(source: Inventory): Finding[] {
  const moving = new Set(source.moving);
  return source.objects
    .filter((object) => !moving.has(object))
    .map((object) => {
      const { kind, metadata } = object;
      if (kind === "ConfigMap" && metadata.name === "kube-root-ca.crt") {
        return undefined;
      }
      if (kind === "IPPool" || kind === "Metal3DataTemplate") {
        return unsettled(
          describe(object),
          "is owned by no Cluster and would stay behind",
          "set its spec.clusterName",
        );
      }
      return warning(
        describe(object),
        "is owned by nothing that moves and stays behind",
        `label it ${moveLabel} if it shall move`,
      );
    })
    .filter((finding): finding is Finding => finding !== undefined);
}

function deleting(object: KubeObject): Finding {
  return unsettled(describe(object), "is being deleted", "wait until it is gone");
}

function assessLeftovers(source: Inventory, target: Inventory): Finding[] {
  return source.moving
    .filter((object) => target.keys.has(objectKey(object)))
    .map((object) =>
      refusal(
        `${describe(object)} on the target`,
        "exists before the move",
        "it is a leftover of something else; delete it if nothing needs it",
      ),
    );
}
