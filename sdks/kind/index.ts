/** Pulumi's package `kind`: clusters of Kubernetes-in-Docker nodes. */
export { Cluster } from "./cluster";
export type { ClusterArgs } from "./cluster";
export type { Mount, Networking, Node, PortMapping } from "./inputs";
