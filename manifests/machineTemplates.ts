import type { ClusterConfig } from "../config/clusterConfig";
import { bootMacAnnotation } from "./bareMetalHost";
import { apiVersions, type KubernetesObject } from "./kubernetesObject";
import { clusterMetadata, contentName } from "./names";

/** Key of a machine's metadata with its static address, for `{{ ds.meta_data.nodeIP }}` in user data. */
export const nodeAddressKey = "nodeIP";

/**
 * The Metal3DataTemplate of a group of machines: the config drive's metadata (names and address) and network data (the
 * static address on the NIC that the host booted from).
 * @param stem Group's name with the cluster's, for instance "lab-workers".
 */
export function dataTemplate(config: ClusterConfig, stem: string, pool: KubernetesObject): KubernetesObject {
  const { network } = config;
  const poolName = pool.metadata.name;
  const link = network.targetInterface;
  const spec = {
    // Names the owner, without which the template would not move.
    clusterName: config.clusterName,
    metaData: {
      // The machine's name is the node's, not the host's: a host that is taken again becomes another node.
      objectNames: ["name", "local-hostname", "local_hostname"].map((key) => ({ key, object: "machine" })),
      ipAddressesFromPool: [poolReference(nodeAddressKey, poolName)],
    },
    networkData: {
      links: {
        ethernets: [
          {
            type: "phy",
            id: link,
            // cloud-init renames the NIC to it, so that one configuration fits hosts whose kernels name it otherwise.
            name: link,
            mtu: 1500,
            macAddress: { fromAnnotation: { object: "baremetalhost", annotation: bootMacAnnotation } },
          },
        ],
      },
      networks: {
        ipv4: [
          {
            id: "provisioning",
            link,
            ipAddressFromIPPool: poolName,
            routes: [{ network: "0.0.0.0", prefix: 0, gateway: { fromIPPool: poolName } }],
          },
        ],
      },
      ...(network.nameservers.length ? { services: { dns: [...network.nameservers] } } : {}),
    },
  };
  return {
    apiVersion: apiVersions.infrastructure,
    kind: "Metal3DataTemplate",
    metadata: clusterMetadata(config, contentName(stem, spec)),
    spec,
  };
}

/** The Metal3MachineTemplate of a group of machines: the image, and which hosts may be taken. */
export function machineTemplate(
  config: ClusterConfig,
  stem: string,
  data: KubernetesObject,
  hostSelector: Readonly<Record<string, string>>,
): KubernetesObject {
  const { image } = config;
  const spec = {
    nodeReuse: false,
    template: {
      spec: {
        automatedCleaningMode: "metadata",
        dataTemplate: { name: data.metadata.name },
        image: {
          url: image.url,
          checksum: image.checksum,
          // The API has no "auto": it is what an absent type means.
          ...(image.checksumType === "auto" ? {} : { checksumType: image.checksumType }),
          diskFormat: image.format,
        },
        ...(Object.keys(hostSelector).length ? { hostSelector: { matchLabels: { ...hostSelector } } } : {}),
      },
    },
  };
  return {
    apiVersion: apiVersions.infrastructure,
    kind: "Metal3MachineTemplate",
    metadata: clusterMetadata(config, contentName(stem, spec)),
    spec,
  };
}

function poolReference(key: string, name: string) {
  return { key, name, apiGroup: "ipam.metal3.io", kind: "IPPool" };
}
