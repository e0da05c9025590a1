import { parseAllDocuments } from "yaml";
import { isObject } from "../../../providers/shared/properties";
import type { PropertyValue } from "../../../providers/shared/properties";
import type { Cluster } from "./cluster";
import { isNamespaced } from "./cluster";
import { apiVersionOf, gvkOf, kindOf, namespaceOf, setNested } from "./objects";
import type { KubeObject } from "./objects";

/**
 * The objects in a YAML text, for `yaml.ConfigFile` and `yaml.ConfigGroup` of the SDK. Documents without a kind are
 * left out.
 *
 * @param defaultNamespace given to namespaced objects that name none; nothing is set when it is empty
 */
export async function decodeYaml(
  text: string,
  defaultNamespace: string,
  cluster: Cluster | undefined,
): Promise<KubeObject[]> {
  const objects: KubeObject[] = [];
  for (const document of parseAllDocuments(text)) {
    const [error] = document.errors;
    if (error !== undefined) throw error;
    const value: unknown = document.toJS();
    if (!isObject(value) || kindOf(value) === "" || apiVersionOf(value) === "") continue;
    const object = JSON.parse(JSON.stringify(value)) as KubeObject;
    if (
      defaultNamespace !== "" &&
      namespaceOf(object) === "" &&
      (await isNamespaced(gvkOf(object), cluster))
    ) {
      setNested(object, defaultNamespace, "metadata", "namespace");
    }
    objects.push(object);
  }
  return objects;
}

/** Result of the invoke `kubernetes:yaml:decode`. */
export async function invokeDecodeYaml(
  args: Record<string, PropertyValue>,
  cluster: Cluster | undefined,
): Promise<Record<string, PropertyValue>> {
  const { text, defaultNamespace } = args;
  if (typeof text !== "string") throw new Error("missing required field 'text' of type string");
  const namespace = typeof defaultNamespace === "string" ? defaultNamespace : "";
  return { result: await decodeYaml(text, namespace, cluster) };
}
