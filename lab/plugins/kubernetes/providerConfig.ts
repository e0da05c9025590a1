import { Unknown, isObject, propertiesEqual, stripSecrets } from "../../../providers/shared/properties";
import type { PropertyMap, PropertyValue } from "../../../providers/shared/properties";
import { Cluster } from "./cluster";
import { activeCluster, ambientKubeconfig, connectionOf, parseKubeconfig } from "./kubeconfig";
import { nestedString } from "./objects";
import type { ConfigValues, Settings } from "./settings";
import { readSettings } from "./settings";

/** A cluster that answers, or why there is none. */
export type Reachability =
  | { readonly reachable: true; readonly cluster: Cluster }
  | { readonly reachable: false; readonly reason: string };

/** A configured provider. */
export interface ProviderState {
  readonly settings: Settings;
  readonly target: Reachability;
  /** Namespace for objects that name none; empty when unknown. */
  readonly defaultNamespace: string;
}

/** A value of the provider's configuration that is wrong, with the property's name. */
export interface ConfigFailure {
  readonly property: string;
  readonly reason: string;
}

/** Options of the official plugin that this one refuses instead of ignoring, because ignoring them changes results. */
const UNSUPPORTED = ["renderYamlToDirectory", "alwaysRender"];

/**
 * Connects to the cluster of a configuration. Whether the cluster is reachable is decided here, once: a server that
 * comes up later stays unreachable for this provider.
 */
export async function configure(values: ConfigValues): Promise<ProviderState> {
  const settings = readSettings(values);
  const overrides = {
    ...(values["context"] && { context: values["context"] }),
    ...(values["cluster"] && { cluster: values["cluster"] }),
    ...(values["namespace"] && { namespace: values["namespace"] }),
  };
  const unreachable = (reason: string, defaultNamespace: string): ProviderState => ({
    settings,
    target: { reachable: false, reason },
    defaultNamespace,
  });
  let cluster: Cluster;
  try {
    const text = values["kubeconfig"] ?? "";
    cluster = new Cluster(connectionOf(text === "" ? ambientKubeconfig() : parseKubeconfig(text), overrides));
  } catch (error) {
    return unreachable(
      `failed to parse kubeconfig data in \`kubernetes:config:kubeconfig\`- ${(error as Error).message}`,
      overrides.namespace ?? "default",
    );
  }
  const defaultNamespace = cluster.connection.namespace;
  try {
    await cluster.probe();
  } catch (error) {
    cluster.close();
    return unreachable(
      `unable to load schema information from the API server: ${(error as Error).message}`,
      defaultNamespace,
    );
  }
  return { settings, target: { reachable: true, cluster }, defaultNamespace };
}

/** Failures of a provider's configuration. */
export function checkConfig(properties: PropertyMap): ConfigFailure[] {
  return UNSUPPORTED.filter((property) => {
    const value = stripSecrets(properties[property] ?? null);
    return value !== null && value !== "" && value !== false && value !== "false";
  }).map((property) => ({
    property,
    reason: `"${property}" is not supported by the offline kubernetes plugin`,
  }));
}

/** What changed in a provider's configuration, and which of it asks for new resources. */
export interface ConfigDifference {
  readonly changed: readonly string[];
  readonly replaces: readonly string[];
}

/**
 * Compares two configurations of a provider. Resources are replaced when they would be made in another cluster: when
 * `clusterIdentifier` changed, or, without one, when the kubeconfig's active cluster is another or is not known yet.
 * While `clusterIdentifier` is set and stays the same, nothing is ever replaced.
 */
export function diffConfig(oldProperties: PropertyMap, newProperties: PropertyMap): ConfigDifference {
  const olds = stripSecrets(oldProperties);
  const news = stripSecrets(newProperties);
  const keys = [...new Set([...Object.keys(olds), ...Object.keys(news)])].sort();
  const changed = keys.filter(
    (key) => !propertiesEqual(olds[key] ?? null, news[key] ?? null) || isUnknown(news[key]),
  );
  if (changed.length === 0) return { changed: [], replaces: [] };
  const identifier = news["clusterIdentifier"] ?? null;
  const oldIdentifier = olds["clusterIdentifier"] ?? null;
  const pinned = identifier !== null && propertiesEqual(identifier, oldIdentifier);
  const replaces: string[] = [];
  if (identifier !== null && oldIdentifier !== null && !pinned) replaces.push("clusterIdentifier");
  const unknown = ["kubeconfig", "context", "cluster"].find((key) => isUnknown(news[key]));
  if (unknown !== undefined) {
    return { changed: [unknown], replaces: pinned ? [] : [...replaces, unknown] };
  }
  if (!sameCluster(olds, news)) {
    replaces.push(...["kubeconfig", "context", "cluster"].filter((key) => changed.includes(key)));
  }
  return { changed, replaces: pinned ? [] : replaces };
}

function sameCluster(olds: PropertyMap, news: PropertyMap): boolean {
  const before = clusterOf(olds);
  const after = clusterOf(news);
  return before === undefined || after === undefined || propertiesEqual(before, after);
}

function clusterOf(properties: PropertyMap): PropertyMap | undefined {
  const kubeconfig = properties["kubeconfig"] ?? null;
  if (kubeconfig === null || kubeconfig === "") return undefined;
  const config = isObject(kubeconfig)
    ? kubeconfig
    : parseKubeconfig(nestedString(properties, "kubeconfig")).config;
  return activeCluster(config, {
    context: nestedString(properties, "context"),
    cluster: nestedString(properties, "cluster"),
  });
}

function isUnknown(value: PropertyValue | undefined): boolean {
  return value instanceof Unknown;
}
