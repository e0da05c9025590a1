/** The components that `index.ts` wires. */
export { Addons } from "./addons";
export { BackupKey } from "./backupKey";
export { BaremetalOperator } from "./baremetalOperator";
export { BareMetalHosts } from "./bareMetalHosts";
export { BootstrapCluster } from "./bootstrapCluster";
export { BootstrapTeardown } from "./bootstrapTeardown";
export { ClusterRetirement } from "./clusterRetirement";
export { ClusterctlProviders } from "./clusterctlProviders";
export { IronicCredentials } from "./ironicCredentials";
export { IronicHandover } from "./ironicHandover";
export { IronicStack } from "./ironicStack";
export { ManagementProvider } from "./managementProvider";
export { Pivot } from "./pivot";
export { Preflight } from "./preflight";
export { ReleaseGuard } from "./releaseGuard";
export { TargetCluster } from "./targetCluster";
export { nineSteps } from "./timings";
