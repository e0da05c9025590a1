import { z } from "zod";
import { ipAddress, objectName, stackName } from "./common";

/**
 * Input of `ironic-stage`. Secrets: KUBECONFIG_CONTENT (the cluster whose Ironic is to start later), SOURCE_KUBECONFIG (the
 * one whose Ironic runs).
 */
export const ironicStageInput = z.strictObject({
  stack: stackName,
  /** The Ironic endpoint address. */
  ironicIP: ipAddress,
  /** Container network on which the hosts boot; for messages. */
  network: z.string(),
  /** Images of the pod. */
  images: z.array(z.string()).min(1),
  /** Namespace of the Ironic stack. Default "baremetal-operator-system". */
  namespace: objectName.default("baremetal-operator-system"),
  /** Deployment of the Ironic stack. Default "ironic". */
  deployment: objectName.default("ironic"),
  /** Labels of its pods. */
  podLabels: z.record(z.string(), z.string()),
  /** Label of the nodes that may run it. Default that of control plane nodes. */
  nodeLabel: z.string().default("node-role.kubernetes.io/control-plane"),
});

/** Input of `ironic-stage`, as a caller writes it. */
export type IronicStageInput = z.input<typeof ironicStageInput>;

/** Result of `ironic-stage`. */
export interface IronicStageResult {
  /** Nodes that have every image now. */
  readonly nodes: readonly string[];
}
