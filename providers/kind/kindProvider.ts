/** The package `kind` in the engine's terms: checks, differences, and the life of `kind:index:Cluster`. */
import { Secret, UNKNOWN, Unknown, isObject, stripSecrets } from "../shared/properties";
import type { PropertyMap, PropertyValue } from "../shared/properties";
import { joinKey } from "../shared/propertyDiff";
import type { OperationContext, ResourceProvider } from "../shared/resourceProvider";
import { createCluster, readAccess, removeCluster, updateCluster } from "./cluster";
import type { ClusterAccess } from "./cluster";
import { clusterDiff, needsReplacement } from "./clusterDiff";
import { clusterInputs, inputProblems } from "./clusterInputs";
import type { ClusterInputs } from "./clusterInputs";
import { clusterContainers } from "./containers";
import type { ClusterContainer } from "./containers";
import { ownerOf } from "./owner";
import schema from "./schema.json";

const CLUSTER_TYPE = "kind:index:Cluster";
const OUTPUTS = [
  "kubeconfig",
  "internalKubeconfig",
  "endpoint",
  "nodeNames",
  "startedAt",
  "readyAt",
] as const;

/** The provider. */
export const kindProvider: ResourceProvider = {
  name: schema.name,
  version: schema.version,
  schema,

  check(news, { type, name }) {
    if (type !== CLUSTER_TYPE) throw new Error(`the kind plugin has no resource ${type}`);
    const inputs = { name, ...news };
    const failures = inputProblems(stripSecrets(inputs))
      .filter(({ path }) => !isUnknownAt(stripSecrets(inputs), path))
      .map(({ path, message }) => ({ property: propertyPath(path), reason: message }));
    return { inputs, failures };
  },

  async diff({ oldInputs, state, news }, context) {
    const temporary = stripSecrets(news).temporary === true;
    const gone =
      temporary && needsReplacement(oldInputs, news) && (await findOwn(state, context)).length === 0;
    return clusterDiff(oldInputs, news, { gone });
  },

  async create(properties, context) {
    if (context.preview) {
      const outputs = Object.fromEntries(OUTPUTS.map((name) => [name, UNKNOWN]));
      return { id: nameIn(properties), state: { ...properties, ...outputs } };
    }
    const inputs = parseInputs(properties);
    const owner = ownerOf(context.urn);
    const startedAt = new Date().toISOString();
    const { access, adopted } = await createCluster(inputs, owner, context);
    return {
      id: inputs.name,
      state: {
        ...properties,
        ...accessOutputs(access),
        startedAt,
        readyAt: new Date().toISOString(),
        ...(adopted ? {} : { owner }),
      },
    };
  },

  async update({ oldInputs, state, news }, context) {
    const kept = Object.fromEntries(
      [...OUTPUTS, "owner"].filter((name) => name in state).map((name) => [name, state[name] ?? null]),
    );
    const next = { ...news, ...kept };
    if (context.preview) return next;
    if ((await findOwn(state, context)).length > 0) {
      await updateCluster(parseInputs(oldInputs), parseInputs(news), context);
    } else if (stripSecrets(news).temporary !== true) {
      throw new Error(`kind cluster "${nameIn(state)}" is gone: run "pulumi refresh", then it is made again`);
    }
    return next;
  },

  async read({ id, inputs, state }, context) {
    const imported = Object.keys(state).length === 0;
    const known: PropertyMap = imported ? { name: id } : state;
    const containers = await findOwn(known, context);
    if (containers.length === 0)
      return stripSecrets(known).temporary === true ? { id, inputs, state } : undefined;
    const network = stripSecrets(known).network;
    const access = await readAccess(
      { name: id, network: typeof network === "string" ? network : undefined },
      containers,
      context,
    );
    return { id, inputs: imported ? { name: id } : inputs, state: { ...known, ...accessOutputs(access) } };
  },

  async delete(id, state, context) {
    const containers = await findOwn(state, context);
    if (containers.length > 0) await removeCluster(id, context);
  },
};

/**
 * Containers of the resource's cluster. Those of a cluster that bears the same name but was made by other hands are not
 * its own, unless it was adopted. Where the engine does not answer, a temporary cluster counts as gone.
 */
async function findOwn(state: PropertyMap, context: OperationContext): Promise<ClusterContainer[]> {
  const { owner, temporary } = stripSecrets(state);
  const name = nameIn(state);
  let found: ClusterContainer[];
  try {
    found = await clusterContainers(name, { signal: context.signal });
  } catch (error) {
    if (temporary !== true || context.signal.aborted) throw error;
    return [];
  }
  const own = owner === undefined ? found : found.filter((container) => container.owner === owner);
  if (own.length === 0 && found.length > 0) {
    context.log.warn(`the kind cluster "${name}" on this machine was made by other hands: it is left alone`);
  }
  return own.length > 0 ? found : [];
}

/** Name of the cluster; empty while it is unknown. */
function nameIn(properties: PropertyMap): string {
  const { name } = stripSecrets(properties);
  return typeof name === "string" ? name : "";
}

function parseInputs(properties: PropertyMap): ClusterInputs {
  return clusterInputs.parse(stripSecrets(properties));
}

function accessOutputs(access: ClusterAccess): PropertyMap {
  return {
    ...access,
    kubeconfig: new Secret(access.kubeconfig),
    internalKubeconfig: new Secret(access.internalKubeconfig),
  };
}

/** Whether the value at a path, or one around it, is not known yet. */
function isUnknownAt(root: PropertyValue, path: readonly PropertyKey[]): boolean {
  let value: PropertyValue | undefined = root;
  for (const key of path) {
    if (value instanceof Unknown) return true;
    if (Array.isArray(value)) value = value[Number(key)];
    else if (isObject(value)) value = value[String(key)];
    else return false;
  }
  return value instanceof Unknown;
}

function propertyPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (joined, key) => (typeof key === "number" ? `${joined}[${key}]` : joinKey(joined, String(key))),
    "",
  );
}
