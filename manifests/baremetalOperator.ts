import * as path from "node:path";
import type { ClusterConfig } from "../config/clusterConfig";
import { podAnnotations } from "./ironicStack";
import type { KubernetesObject } from "./kubernetesObject";
import { ManifestError, readManifest } from "./readManifest";

/** The Bare Metal Operator's objects in the order in which they are laid down. */
export interface BaremetalOperatorObjects {
  readonly definitions: readonly KubernetesObject[];
  /** Everything that is neither a definition, nor the namespace, nor the Deployment. */
  readonly others: readonly KubernetesObject[];
  readonly deployment: KubernetesObject;
}

/** What is read and changed of a Deployment here. */
interface DeploymentShape extends KubernetesObject {
  readonly spec: {
    readonly template: {
      readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> };
      readonly spec: {
        readonly tolerations?: readonly unknown[];
        readonly containers: readonly {
          readonly name: string;
          readonly env?: readonly EnvVar[];
          readonly readinessProbe?: object;
        }[];
      };
    };
  };
}

interface EnvVar {
  readonly name: string;
  readonly [field: string]: unknown;
}

/** Container of the operator in its Deployment. */
const managerContainer = "manager";

/** Labels by which `clusterctl move` finds hosts, the objects they own, and their hardware data. */
const moveLabels: Readonly<Record<string, readonly string[]>> = {
  "baremetalhosts.metal3.io": ["", "/move", "/move-hierarchy"],
  "hardwaredata.metal3.io": ["", "/move"],
};

/**
 * The operator's manifest, read from the provider repository, set to watch one namespace, to run on control plane nodes too,
 * and to start anew with other Ironic credentials. Its namespace is left out: the Ironic stack, which is there first, brings it.
 *
 * @throws ManifestError when the file is missing or has no Deployment with the operator.
 */
export function baremetalOperatorObjects(
  config: Pick<ClusterConfig, "namespace" | "providers" | "ironic">,
): BaremetalOperatorObjects {
  const file = operatorManifest(config.providers);
  const objects = readManifest(file).filter((object) => object.kind !== "Namespace");
  const deployment = objects.find((object): object is DeploymentShape => object.kind === "Deployment");
  if (!deployment) throw new ManifestError(file, "holds no Deployment");
  return {
    definitions: objects.filter(isDefinition).map(labelForMove),
    others: objects.filter((object) => object !== deployment && !isDefinition(object)),
    deployment: configured(deployment, config, file),
  };
}

/** Path of the operator's manifest in a provider repository. */
export function operatorManifest({ repository, baremetalOperator }: ClusterConfig["providers"]): string {
  return path.posix.join(
    repository ?? ".toolchain/providers",
    "baremetal-operator",
    baremetalOperator,
    "baremetal-operator.yaml",
  );
}

function isDefinition(object: KubernetesObject): boolean {
  return object.kind === "CustomResourceDefinition";
}

function labelForMove(definition: KubernetesObject): KubernetesObject {
  const suffixes = moveLabels[definition.metadata.name];
  if (!suffixes) return definition;
  const labels = Object.fromEntries(suffixes.map((suffix) => [`clusterctl.cluster.x-k8s.io${suffix}`, ""]));
  const { metadata } = definition;
  return { ...definition, metadata: { ...metadata, labels: { ...metadata.labels, ...labels } } };
}

function configured(
  deployment: DeploymentShape,
  { namespace, providers, ironic }: Pick<ClusterConfig, "namespace" | "providers" | "ironic">,
  file: string,
): KubernetesObject {
  const pod = deployment.spec.template.spec;
  const image = providers.images.baremetalOperator;
  if (!pod.containers.some(({ name }) => name === managerContainer)) {
    throw new ManifestError(file, `the Deployment has no container "${managerContainer}"`);
  }
  const containers = pod.containers.map((container) =>
    container.name === managerContainer
      ? {
          ...container,
          ...(image === undefined ? {} : { image }),
          env: withVariable(container.env ?? [], "WATCH_NAMESPACE", namespace),
          // Upstream asks for the first time after ten seconds, and then every ten.
          readinessProbe: { ...container.readinessProbe, initialDelaySeconds: 1, periodSeconds: 2 },
        }
      : container,
  );
  const tolerations = [
    ...(pod.tolerations ?? []),
    { key: "node-role.kubernetes.io/control-plane", effect: "NoSchedule", operator: "Exists" },
  ];
  const { metadata } = deployment.spec.template;
  // It reads the credentials when it starts, and then no more.
  const annotations = {
    ...metadata?.annotations,
    [podAnnotations.credentials]: `${ironic.credentialsGeneration}`,
  };
  const template = {
    ...deployment.spec.template,
    metadata: { ...metadata, annotations },
    spec: { ...pod, containers, tolerations },
  };
  // Upstream asks for ten idle seconds before the operator counts as available; the hosts show sooner whether it works.
  return { ...deployment, spec: { ...deployment.spec, minReadySeconds: 0, template } };
}

function withVariable(env: readonly EnvVar[], name: string, value: string): EnvVar[] {
  return [...env.filter((variable) => variable.name !== name), { name, value }];
}
