import * as pulumi from "@pulumi/pulumi";
import { Addons } from "./components/addons";
import { BackupKey } from "./components/backupKey";
import { BaremetalOperator } from "./components/baremetalOperator";
import { BareMetalHosts } from "./components/bareMetalHosts";
import { BootstrapCluster } from "./components/bootstrapCluster";
import { BootstrapTeardown } from "./components/bootstrapTeardown";
import { ClusterRetirement } from "./components/clusterRetirement";
import { ClusterctlProviders } from "./components/clusterctlProviders";
import { IronicCredentials } from "./components/ironicCredentials";
import { IronicHandover } from "./components/ironicHandover";
import { IronicStack } from "./components/ironicStack";
import { ManagementProvider } from "./components/managementProvider";
import { Pivot } from "./components/pivot";
import { Preflight } from "./components/preflight";
import { TargetCluster } from "./components/targetCluster";
import { nineSteps } from "./components/timings";
import { loadConfig } from "./config/load";
import { movePreview } from "./manifests/movePreview";

const { config, bmcCredentials } = loadConfig();
const stack = pulumi.getStack();

// Nothing is created where the environment is not ready.
const ready = { dependsOn: new Preflight("preflight", { stack, config, bmcCredentials }) };
const onBootstrap = { retainOnDelete: true };

// 1. A temporary bootstrap cluster on the provisioning network.
const bootstrap = new BootstrapCluster("bootstrap", { config }, ready);

// 2. The Ironic stack on it.
const credentials = new IronicCredentials("ironic-credentials", { config }, ready);
const bootstrapIronic = new IronicStack(
  "bootstrap-ironic",
  { cluster: bootstrap, config, credentials, stack },
  onBootstrap,
);

// 3. The Cluster API and Metal3 providers and the Bare Metal Operator on it.
const bootstrapProviders = new ClusterctlProviders("bootstrap-providers", {
  cluster: bootstrap,
  stack,
  config,
});
const bootstrapOperator = new BaremetalOperator(
  "bootstrap-operator",
  { cluster: bootstrap, config, providers: bootstrapProviders, ironic: bootstrapIronic },
  onBootstrap,
);

// 4. The hosts and the target cluster, through the provider that follows them across the move.
const backup = new BackupKey("backup-key", ready);
const retirement = new ClusterRetirement("retirement", {
  stack,
  config,
  bootstrap,
  credentials,
  bmcCredentials,
  backupKey: backup.key,
});
const management = new ManagementProvider(
  "management",
  { initial: bootstrap, stack, config },
  { dependsOn: retirement },
);
const deletedWith = retirement.resource;
const hosts = new BareMetalHosts(
  "hosts",
  { management, config, bmcCredentials, deletedWith },
  { dependsOn: [bootstrapOperator, bootstrapIronic, retirement] },
);

// 5. Its kubeconfig, CNI and nodes. Cluster API prepares the first machine while the hosts are still inspected.
const target = new TargetCluster(
  "target",
  { management, config, hosts, deletedWith },
  { dependsOn: [bootstrapProviders, retirement] },
);

new Addons("addons", { cluster: target, config, deletedWith }, { dependsOn: target.nodes });

// 6. The Ironic stack on the target, which starts once the bootstrap's is proved silent. The last nodes may still be booting.
const targetIronic = new IronicStack(
  "target-ironic",
  { cluster: target, config, credentials, stack, takesOverFrom: bootstrap },
  { deletedWith },
);
const handover = new IronicHandover(
  "handover",
  { from: bootstrap, to: target, ironic: targetIronic, config, credentials, stack },
  { dependsOn: [target.deployed, targetIronic] },
);

// 7. The providers and the operator on the target.
const targetProviders = new ClusterctlProviders("target-providers", { cluster: target, stack, config });
const targetOperator = new BaremetalOperator(
  "target-operator",
  { cluster: target, config, providers: targetProviders, ironic: targetIronic },
  { deletedWith },
);

// 8. The move.
const pivot = new Pivot(
  "pivot",
  { from: bootstrap, to: target, stack, config, backupKey: backup.key, moves: movePreview(config) },
  { dependsOn: [handover, targetProviders, targetOperator, target] },
);

// 9. The bootstrap cluster goes.
const teardown = new BootstrapTeardown("bootstrap-teardown", { stack, config, pivot, bootstrap, target });

/** Admin kubeconfig of the target cluster; secret. */
export const kubeconfig = target.kubeconfig;
/** Opens the stack's backups; secret. */
export const backupKey = backup.key;
export const endpoint = target.endpoint;
export const ironicEndpoint = targetIronic.endpoint;
/** For how long the Ironic endpoint was without Ironic when it was handed over, seconds. */
export const ironicGap = handover.gap;
export const timings = nineSteps({
  bootstrap,
  bootstrapIronic,
  bootstrapProviders,
  hosts,
  target,
  handover,
  targetProviders,
  pivot,
  teardown,
});
