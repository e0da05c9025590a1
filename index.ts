import * as pulumi from "@pulumi/pulumi";
import * as metal3 from "./components";
import { loadConfig } from "./config/load";
import { movePreview } from "./manifests/movePreview";

const { config, bmcCredentials } = loadConfig();
const base = { stack: pulumi.getStack(), config };

// Nothing is created where the environment is not ready.
const ready = { dependsOn: new metal3.Preflight("preflight", { ...base, bmcCredentials }) };
const onBootstrap = { retainOnDelete: true };

// 1. A temporary bootstrap cluster on the provisioning network.
const bootstrap = new metal3.BootstrapCluster("bootstrap", base, ready);

// 2. The Ironic stack on it.
const credentials = new metal3.IronicCredentials("ironic-credentials", base, ready);
const bootstrapIronic = new metal3.IronicStack(
  "bootstrap-ironic",
  { ...base, cluster: bootstrap, credentials },
  onBootstrap,
);

// 3. The Cluster API and Metal3 providers and the Bare Metal Operator on it.
const bootstrapProviders = new metal3.ClusterctlProviders("bootstrap-providers", {
  ...base,
  cluster: bootstrap,
});
const bootstrapOperator = new metal3.BaremetalOperator(
  "bootstrap-operator",
  { ...base, cluster: bootstrap, providers: bootstrapProviders, ironic: bootstrapIronic },
  onBootstrap,
);

// 4. The hosts and the target cluster, through the provider that follows them across the move.
const backup = new metal3.BackupKey("backup-key", ready);
const release = { ...base, bootstrap, credentials, bmcCredentials, backupKey: backup.key };
const retirement = new metal3.ClusterRetirement("retirement", release);
const moving = { ...base, initial: bootstrap };
const management = new metal3.ManagementProvider("management", moving, { dependsOn: retirement });
const deletedWith = retirement.resource;
const hosts = new metal3.BareMetalHosts(
  "hosts",
  { config, management, bmcCredentials, deletedWith, othersAfter: [bootstrapProviders] },
  { dependsOn: [bootstrapOperator, bootstrapIronic, retirement] },
);

// 5. Its kubeconfig, CNI and nodes. Cluster API prepares the first machine while the hosts are still inspected.
const target = new metal3.TargetCluster(
  "target",
  { config, management, hosts, deletedWith },
  { dependsOn: [bootstrapProviders, retirement] },
);
// Without children a component is nothing that others can depend on.
const onTarget = { config, cluster: target, deletedWith };
const addons =
  config.addons.length > 0 ? [new metal3.Addons("addons", onTarget, { dependsOn: target.nodes })] : [];

// 6. The Ironic stack on the target, which starts once the bootstrap's is proved silent. The last nodes may still be booting.
const targetIronic = new metal3.IronicStack(
  "target-ironic",
  { ...base, cluster: target, credentials, takesOverFrom: bootstrap },
  { deletedWith },
);
const handover = new metal3.IronicHandover(
  "handover",
  { ...base, from: bootstrap, to: target, ironic: targetIronic, credentials },
  { dependsOn: [target.deployed, targetIronic] },
);

// 7. The providers and the operator on the target.
const targetProviders = new metal3.ClusterctlProviders("target-providers", { ...base, cluster: target });
const targetOperator = new metal3.BaremetalOperator(
  "target-operator",
  { ...base, cluster: target, providers: targetProviders, ironic: targetIronic },
  { deletedWith },
);

// 8. The move.
const pivot = new metal3.Pivot(
  "pivot",
  { ...base, from: bootstrap, to: target, credentials, backupKey: backup.key, moves: movePreview(config) },
  { dependsOn: [handover, targetProviders, targetOperator, target] },
);

// 9. The bootstrap cluster goes.
const teardown = new metal3.BootstrapTeardown("bootstrap-teardown", { ...base, pivot, bootstrap, target });

// What `pulumi destroy` begins with: it refuses before anything has left the state.
new metal3.ReleaseGuard("release-guard", { ...release, target }, { dependsOn: [teardown, ...addons] });

/** Admin kubeconfig of the target cluster; secret. */
export const kubeconfig = target.kubeconfig;
/** Opens the stack's backups; secret. */
export const backupKey = backup.key;
export const endpoint = target.endpoint;
export const ironicEndpoint = targetIronic.endpoint;
/** For how long the Ironic endpoint was without Ironic when it was handed over, seconds. */
export const ironicGap = handover.gap;
const before = { bootstrap, bootstrapIronic, bootstrapProviders, hosts };
export const timings = metal3.nineSteps({ ...before, target, handover, targetProviders, pivot, teardown });
