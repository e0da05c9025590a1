import type * as pulumi from "@pulumi/pulumi";

/** A node of the cluster: one container. */
export interface Node {
  /** Defaults to "control-plane". */
  role?: pulumi.Input<"control-plane" | "worker">;
  /** Labels of the Kubernetes node. */
  labels?: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Files and folders of the machine that the node sees. */
  extraMounts?: pulumi.Input<pulumi.Input<Mount>[]>;
  /** Ports of the node that the machine forwards. */
  extraPortMappings?: pulumi.Input<pulumi.Input<PortMapping>[]>;
  /** YAML patches of the kubeadm configuration, merged by kind. */
  kubeadmConfigPatches?: pulumi.Input<pulumi.Input<string>[]>;
}

/** A bind mount of a node. */
export interface Mount {
  /** Path on the machine of the container engine. */
  hostPath: pulumi.Input<string>;
  /** Path in the node; absolute. */
  containerPath: pulumi.Input<string>;
  /** Defaults to false. */
  readOnly?: pulumi.Input<boolean>;
  /** Defaults to false. */
  selinuxRelabel?: pulumi.Input<boolean>;
  /** Defaults to "None". */
  propagation?: pulumi.Input<"None" | "HostToContainer" | "Bidirectional">;
}

/** A port of a node, forwarded by the machine. */
export interface PortMapping {
  /** 1 to 65535. */
  containerPort: pulumi.Input<number>;
  /** Defaults to a free port. */
  hostPort?: pulumi.Input<number>;
  /** IP address of the machine. Defaults to all. */
  listenAddress?: pulumi.Input<string>;
  /** Defaults to "TCP". */
  protocol?: pulumi.Input<"TCP" | "UDP" | "SCTP">;
}

/** Network settings of the cluster. */
export interface Networking {
  /** Defaults to "ipv4". */
  ipFamily?: pulumi.Input<"ipv4" | "ipv6" | "dual">;
  /** CIDR of the pods; two, separated by a comma, where `ipFamily` is "dual". */
  podSubnet?: pulumi.Input<string>;
  /** CIDR of the services; two, separated by a comma, where `ipFamily` is "dual". */
  serviceSubnet?: pulumi.Input<string>;
  /** Leave out kind's own CNI; give `cniConfig`, or install another one. Defaults to false. */
  disableDefaultCNI?: pulumi.Input<boolean>;
  /** Defaults to "iptables". */
  kubeProxyMode?: pulumi.Input<"iptables" | "ipvs" | "nftables" | "none">;
  /** Address on which the machine forwards the API server. Defaults to the loopback address. */
  apiServerAddress?: pulumi.Input<string>;
  /** Port on which the machine forwards the API server. Defaults to a free port. */
  apiServerPort?: pulumi.Input<number>;
}
