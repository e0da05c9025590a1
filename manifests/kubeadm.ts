import { stringify } from "yaml";
import type { ClusterConfig, Taint } from "../config/clusterConfig";
import { metaData, type NodeFile, nodeFile, literal } from "./cloudInit";
import { nodeAddressKey } from "./machineTemplates";
import { registryMirrorFiles } from "./registryMirrors";

const patchFolder = "/etc/kubernetes/patches";
const kubeProxyFile = "/etc/kubernetes/kube-proxy.yaml";

/** Files that every node gets. */
export function commonFiles(config: ClusterConfig): NodeFile[] {
  return [...registryMirrorFiles(config), ...kubeletFiles(config)];
}

/** Commands that every node runs before kubeadm. */
export function commonCommands(config: ClusterConfig): string[] {
  return config.preKubeadmCommands.map(literal);
}

/**
 * The kubelet's settings as a kubeadm patch. Unlike a document beside the InitConfiguration, which only `kubeadm init` reads,
 * a patch reaches every node that joins later as well, so that a change rolls out.
 */
function kubeletFiles({ kubeletConfiguration }: ClusterConfig): NodeFile[] {
  return isEmpty(kubeletConfiguration)
    ? []
    : [nodeFile(`${patchFolder}/kubeletconfiguration+merge.yaml`, stringify(kubeletConfiguration))];
}

/** Names kubeadm's patch folder, when there is a patch. */
export function patches(config: ClusterConfig): { patches?: { directory: string } } {
  return kubeletFiles(config).length ? { patches: { directory: patchFolder } } : {};
}

/** kube-proxy's settings, which a KubeadmControlPlane has no field for. */
export function kubeProxyFiles({ kubeProxyConfiguration }: ClusterConfig): NodeFile[] {
  if (isEmpty(kubeProxyConfiguration)) return [];
  const document = {
    apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
    kind: "KubeProxyConfiguration",
    ...kubeProxyConfiguration,
  };
  return [nodeFile(kubeProxyFile, `---\n${stringify(document)}`)];
}

/** Puts kube-proxy's settings beside the InitConfiguration; only the first node has one. */
export function kubeProxyCommands(config: ClusterConfig): string[] {
  const kubeadmFile = "/run/kubeadm/kubeadm.yaml";
  return kubeProxyFiles(config).length
    ? [`if grep -q InitConfiguration ${kubeadmFile}; then cat ${kubeProxyFile} >> ${kubeadmFile}; fi`]
    : [];
}

/**
 * How a node registers. Its provider id names host and machine; CAPM3 finds the node by the label with the host's uid as
 * long as the machine has no provider id, so both are needed.
 */
export function nodeRegistration(config: ClusterConfig, options: { taints?: readonly Taint[] } = {}) {
  const kubeletExtraArgs = {
    "node-ip": metaData(nodeAddressKey),
    "node-labels": `metal3.io/uuid=${metaData("uuid")}`,
    "provider-id": `metal3://${metaData("providerid")}`,
  };
  return {
    name: metaData("name"),
    kubeletExtraArgs: Object.entries(kubeletExtraArgs).map(([name, value]) => ({ name, value })),
    ...(config.kubeadmIgnorePreflightErrors.length
      ? { ignorePreflightErrors: [...config.kubeadmIgnorePreflightErrors] }
      : {}),
    ...(options.taints ? { taints: options.taints.map((taint) => ({ ...taint })) } : {}),
  };
}

/** The user who may log in with the configured SSH keys. */
export function users({ sshAuthorizedKeys }: ClusterConfig) {
  return sshAuthorizedKeys.length
    ? {
        users: [
          {
            name: "metal3",
            sudo: "ALL=(ALL) NOPASSWD:ALL",
            shell: "/bin/bash",
            lockPassword: true,
            sshAuthorizedKeys: [...sshAuthorizedKeys],
          },
        ],
      }
    : {};
}

/** Lists that the API does not take empty. */
export function nonEmpty<Key extends string, Item>(key: Key, items: readonly Item[]) {
  return items.length ? { [key]: [...items] } : {};
}

function isEmpty(fields: Readonly<Record<string, unknown>>): boolean {
  return Object.keys(fields).length === 0;
}
