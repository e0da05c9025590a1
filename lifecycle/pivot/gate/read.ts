import type { PivotInput } from "../../inputs/pivot";
import { type Inventory, readInventory } from "../../inventory/read";
import type { KubeClient } from "../../shared/kube/client";
import { type KubeObject, type ObjectType, text } from "../../shared/kube/objects";
import { types } from "../../shared/kube/types";
import { isIronic } from "./checks/ironic";
import type { BmcProbe, GateFacts, GateScope, SideFacts } from "./facts";
import { probeBmcs } from "./reach";
import { rehearseCreates, rehearseSourceWrites } from "./rehearse";

/** The ends of a move. */
export interface MoveEnds {
  readonly source: KubeClient;
  readonly target: KubeClient;
}

/** What a caller says of the move; what is left out has the pivot's defaults. */
export type GateInput = Pick<PivotInput, "namespace" | "clusterName"> &
  Partial<Pick<GateScope, "operatorNamespace" | "operatorDeployment" | "nodesOn" | "unownedObjects">>;

/** Fills in the defaults. */
export function scopeOf(input: GateInput, rest: Pick<GateScope, "occasion" | "resumed">): GateScope {
  return {
    namespace: input.namespace,
    clusterName: input.clusterName,
    operatorNamespace: input.operatorNamespace ?? "baremetal-operator-system",
    operatorDeployment: input.operatorDeployment ?? "baremetal-operator-controller-manager",
    nodesOn: input.nodesOn ?? "target",
    unownedObjects: input.unownedObjects ?? "list",
    ...rest,
  };
}

/** Types of the operator that upstream gives no clusterctl label, and in which users write. */
const strangerTypes: readonly ObjectType[] = [
  "HostFirmwareSettings",
  "HostFirmwareComponents",
  "HostUpdatePolicy",
  "DataImage",
  "BMCEventSubscription",
].map((kind) => ({ apiVersion: "metal3.io/v1alpha1", kind }));

/**
 * Reads everything that the gate judges, from both clusters at once; writes nothing (its creates and patches are dry runs).
 * One reader serves all looks of a wait: what cannot change for the better while it waits is read once.
 */
export class GateReader {
  private readonly definitions = new Map<KubeClient, readonly KubeObject[]>();
  private bmcs: BmcProbe | undefined;

  constructor(
    private readonly ends: { readonly source: KubeClient; readonly target?: KubeClient },
    private readonly signal: AbortSignal,
  ) {}

  async read(scope: GateScope): Promise<GateFacts> {
    const { source, target } = this.ends;
    const sourceInventory = this.inventory(source, scope);
    const targetSide = target && this.side("target", target, scope, this.inventory(target, scope));
    const moving = sourceInventory.then((inventory) => inventory.moving);
    const [sourceSide, targetFacts, strangers, creates, sourceWrites, bmcs] = await Promise.all([
      this.side("source", source, scope, sourceInventory),
      targetSide,
      this.strangers(sourceInventory, scope),
      moving.then((objects) => (target ? rehearseCreates(target, objects) : [])),
      // After an interruption the operator may be stopped, and its webhook gone or silent: that is seen to.
      moving.then((objects) => (scope.resumed ? [] : rehearseSourceWrites(source, objects))),
      Promise.all([moving, targetSide]).then(([objects, facts]) => this.probe(objects, facts)),
    ]);
    return {
      scope,
      readAt: Date.now(),
      source: sourceSide,
      target: targetFacts,
      strangers,
      creates,
      sourceWrites,
      bmcs,
    };
  }

  private async inventory(client: KubeClient, { namespace, clusterName }: GateScope): Promise<Inventory> {
    const inventory = await readInventory(client, namespace, clusterName, this.definitions.get(client));
    this.definitions.set(client, inventory.definitions);
    return inventory;
  }

  private async side(
    name: "source" | "target",
    client: KubeClient,
    scope: GateScope,
    inventory: Promise<Inventory>,
  ): Promise<SideFacts> {
    const providers = { labelSelector: "cluster.x-k8s.io/provider" };
    const [
      found,
      namespace,
      inventoryOfProviders,
      deployments,
      ofOperator,
      pods,
      operatorPods,
      controlPlanePods,
      nodes,
      settings,
      registry,
      clock,
    ] = await Promise.all([
      inventory,
      client.find({ ...types.namespace, name: scope.namespace }),
      client.list(types.provider),
      client.list(types.deployment, undefined, providers),
      client.list(types.deployment, scope.operatorNamespace),
      client.list(types.pod, undefined, providers),
      client.list(types.pod, scope.operatorNamespace),
      client.list(types.pod, "kube-system", { labelSelector: "tier=control-plane" }),
      client.list(types.node),
      client.list(types.configMap, scope.operatorNamespace),
      client.find({ ...types.configMap, namespace: "kube-public", name: "local-registry-hosting" }),
      client.clockOffset(),
    ]);
    return {
      name,
      server: client.server,
      inventory: found,
      namespace,
      providers: inventoryOfProviders,
      deployments: distinct([...deployments, ...ofOperator.filter(isOfOperator(scope))]),
      pods: distinct([...pods, ...operatorPods]),
      controlPlanePods,
      nodes,
      settings,
      localRegistry: registryHost(registry),
      clock,
    };
  }

  private async strangers(inventory: Promise<Inventory>, { namespace }: GateScope): Promise<KubeObject[]> {
    const { source } = this.ends;
    const known = (await inventory).definitions.map((definition) =>
      text(definition, "spec", "names", "kind"),
    );
    const lists = await Promise.all(
      strangerTypes.filter(({ kind }) => !known.includes(kind)).map((type) => source.list(type, namespace)),
    );
    return lists.flat();
  }

  /** Tried again only while a BMC does not answer: a probe takes as long as the slowest. */
  private async probe(moving: readonly KubeObject[], target: SideFacts | undefined): Promise<BmcProbe> {
    if (!target || !this.ends.target) {
      return { kind: "not made", why: "there is no target" };
    }
    const known = this.bmcs;
    if (known?.kind === "made" && known.results.every(({ answers }) => answers)) {
      return known;
    }
    const hosts = moving.filter(({ kind }) => kind === "BareMetalHost");
    this.bmcs = await probeBmcs(this.ends.target, target, hosts, this.signal);
    return this.bmcs;
  }
}

/** Of the operator's namespace, only what takes part in a move; others may share it. */
function isOfOperator(scope: GateScope): (deployment: KubeObject) => boolean {
  return (deployment) => deployment.metadata.name === scope.operatorDeployment || isIronic(deployment);
}

function distinct(objects: readonly KubeObject[]): KubeObject[] {
  const seen = new Set<string>();
  return objects.filter(({ metadata }) => {
    const key = metadata.uid ?? `${metadata.namespace}/${metadata.name}`;
    return !seen.has(key) && seen.add(key);
  });
}

function registryHost(registry: KubeObject | undefined): string | undefined {
  const content = text(registry, "data", "localRegistryHosting.v1");
  return content && /^\s*host:\s*["']?([^"'\s#]+)/m.exec(content)?.[1];
}
