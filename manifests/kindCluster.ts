import type { BootstrapConfig } from "../config/clusterConfig";

/** What the bootstrap cluster is made from. */
export interface KindClusterArgs extends BootstrapConfig {
  /** Registry host to the base URL of its mirror, for the node's container runtime. */
  readonly registryMirrors: Readonly<Record<string, string>>;
}

/** Inputs of the kind cluster, but for how long it is waited for. */
export function kindClusterInputs(args: KindClusterArgs) {
  return {
    name: args.name,
    nodeImage: args.nodeImage,
    network: args.network,
    networking: {
      podSubnet: args.podCIDR,
      serviceSubnet: args.serviceCIDR,
      disableDefaultCNI: true,
    },
    cniConfig: pointToPointCni(args.podCIDR),
    featureGates: { ...args.featureGates },
    containerdConfigPatches: [...args.containerdConfigPatches],
    registryMirrors: { ...args.registryMirrors },
    temporary: true,
  };
}

/**
 * One node needs no routes between nodes, so a point-to-point conflist spares the bootstrap a CNI. Masquerading lets the
 * controllers reach the BMCs, the Ironic endpoint and the target, which know no way back to pod addresses.
 */
function pointToPointCni(podCIDR: string): string {
  return JSON.stringify({
    cniVersion: "0.3.1",
    name: "bootstrap",
    plugins: [
      {
        type: "ptp",
        ipMasq: true,
        ipam: { type: "host-local", ranges: [[{ subnet: podCIDR }]], routes: [{ dst: "0.0.0.0/0" }] },
      },
      { type: "portmap", capabilities: { portMappings: true } },
    ],
  });
}
