import * as fs from "node:fs";
import { parseAllDocuments } from "yaml";
import type { KubernetesObject } from "./kubernetesObject";

/** A manifest could not be used. `file` is the path as it was given, `document` counts from 1. */
export class ManifestError extends Error {
  constructor(
    readonly file: string,
    readonly reason: string,
    readonly document?: number,
  ) {
    super(`manifest ${file}${document ? `, document ${document}` : ""}: ${reason}`);
    this.name = "ManifestError";
  }
}

/**
 * Reads the objects of a YAML file with one or more documents; a List gives its items.
 *
 * @param file Path relative to the project.
 * @param substitutions Value of each `${NAME}` in the file; other variables are left alone, since scripts inside manifests
 *   have some of their own.
 * @throws ManifestError when the file cannot be read, is not YAML or holds something that is not an object.
 */
export function readManifest(
  file: string,
  substitutions: Readonly<Record<string, string>> = {},
): KubernetesObject[] {
  return parseManifest(readFile(file), file, substitutions);
}

/** Pure part of {@link readManifest}; `file` is only used in messages. */
export function parseManifest(
  text: string,
  file: string,
  substitutions: Readonly<Record<string, string>> = {},
): KubernetesObject[] {
  const substituted = text.replace(/\$\{(\w+)\}/g, (variable, name: string) =>
    Object.hasOwn(substitutions, name) ? (substitutions[name] ?? variable) : variable,
  );
  return parseAllDocuments(substituted).flatMap((document, index) => {
    const [error] = document.errors;
    if (error) throw new ManifestError(file, error.message, index + 1);
    const content: unknown = document.toJS();
    return content === null ? [] : objectsOf(content, file, index + 1);
  });
}

function readFile(file: string): string {
  try {
    return fs.readFileSync(file, "utf8");
  } catch (error) {
    throw new ManifestError(
      file,
      `cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`,
    );
  }
}

function objectsOf(content: unknown, file: string, document: number): KubernetesObject[] {
  const object = content as {
    kind?: unknown;
    apiVersion?: unknown;
    items?: unknown;
    metadata?: { name?: unknown };
  };
  if (
    typeof content !== "object" ||
    typeof object.kind !== "string" ||
    typeof object.apiVersion !== "string"
  ) {
    throw new ManifestError(file, "is not a Kubernetes object: apiVersion or kind is missing", document);
  }
  if (object.kind.endsWith("List") && Array.isArray(object.items)) {
    return object.items.flatMap((item: unknown) => objectsOf(item, file, document));
  }
  if (typeof object.metadata?.name !== "string") {
    throw new ManifestError(file, `the ${object.kind} has no metadata.name`, document);
  }
  return [content as KubernetesObject];
}
