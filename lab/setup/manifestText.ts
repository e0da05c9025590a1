import { parseAllDocuments, stringify } from "yaml";

/**
 * Steps that turn rendered kustomize trees into release manifests. They work on the text where they can: definitions
 * make up most of it, and a step that finds nothing to do is an error, because upstream has changed then.
 */

/** Gives an image its release name and tag wherever a container uses it, with whatever tag it has. Pure. */
export function retag(text: string, from: string, to: string): string {
  return replaceOrFail(text, new RegExp(`^(\\s+(?:- )?image: )${escape(from)}(?::\\S+)?$`, "gm"), `$1${to}`);
}

/** Lets nodes use an image they have. Only at the depth of a Deployment's containers: schemas have the same words. Pure. */
export function pullIfNotPresent(text: string): string {
  return text.replace(/^( {8})imagePullPolicy: Always$/gm, "$1imagePullPolicy: IfNotPresent");
}

/** Adds labels to custom resource definitions by name. A definition that is not there is an error. Pure. */
export function labelDefinitions(
  text: string,
  labels: Readonly<Record<string, Readonly<Record<string, string>>>>,
): string {
  const missing = new Set(Object.keys(labels));
  const documents = splitDocuments(text).map((part) => {
    const name = /^ {2}name: (\S+)$/m.exec(part)?.[1] ?? "";
    const wanted = labels[name];
    if (wanted === undefined || !/^kind: CustomResourceDefinition$/m.test(part)) return part;
    missing.delete(name);
    const [document] = parseAllDocuments(part);
    for (const [key, value] of Object.entries(wanted)) document?.setIn(["metadata", "labels", key], value);
    return String(document);
  });
  if (missing.size > 0) throw new Error(`no definition of ${[...missing].join(", ")} in the manifest`);
  return joinDocuments(documents);
}

/** flannel's manifest with `${POD_CIDR}` as its network, routes between hosts of one network instead of tunnels. Pure. */
export function configureFlannel(text: string): string {
  const network = replaceOrFail(text, /"Network": "[^"]*"/g, '"Network": "${POD_CIDR}"');
  const backend = replaceOrFail(network, /("Backend": \{\s*"Type": )"[^"]*"/g, '$1"host-gw"');
  // What every version of the CNI plugin speaks.
  return replaceOrFail(backend, /"cniVersion": "[^"]*"/g, '"cniVersion": "0.3.1"');
}

/** A Namespace object as YAML. Pure. */
export function namespaceManifest(name: string): string {
  return stringify({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
}

/** Splits a manifest into its documents; empty ones are left out. Pure. */
export function splitDocuments(text: string): string[] {
  return text
    .split(/^---\s*$/m)
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

/** Puts documents together to a manifest. Pure. */
export function joinDocuments(documents: readonly string[]): string {
  return `${documents.map((document) => document.trim()).join("\n---\n")}\n`;
}

function replaceOrFail(text: string, pattern: RegExp, replacement: string): string {
  const replaced = text.replace(pattern, replacement);
  if (replaced === text && !pattern.test(text))
    throw new Error(`the manifest has nothing like ${pattern.source}`);
  return replaced;
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
