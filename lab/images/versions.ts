/** Versions of what the lab's images hold; tags of the images. In step with the modules of `lab/toolchain`. */
export const versions = {
  kubernetes: "v1.34.4",
  /**
   * An earlier version, from which a cluster of the lab can be upgraded; `make upgrade-image` makes what it takes. etcd, CoreDNS
   * and pause are the same for both.
   */
  earlierKubernetes: "v1.34.3",
  /** The tags that `kubeadm config images list` of {@link versions.kubernetes} names. */
  etcd: "3.6.5-0",
  coredns: "v1.12.1",
  /** kubeadm's pause image, and the one that kind's containerd is configured with. */
  pause: ["3.10.1", "3.10"],
  clusterApi: "v1.13.6",
  /** An earlier version, from which the lab's providers can be upgraded; also made by `make upgrade-image`. */
  earlierClusterApi: "v1.13.5",
  metal3: "v1.13.2",
  baremetalOperator: "v0.13.2",
  certManager: "v1.11.5",
  /** As in the manifest of the flannel module. */
  flannel: "v0.28.10",
  flannelCni: "v1.9.1-flannel3",
} as const;
