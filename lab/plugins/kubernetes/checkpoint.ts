import { Secret, containsSecrets, isObject, stripSecrets } from "../../../providers/shared/properties";
import type { PropertyMap, PropertyValue } from "../../../providers/shared/properties";
import { isSecretObject } from "./kinds";
import type { KubeObject } from "./objects";
import { apiVersionOf } from "./objects";

/*
 * What is saved of a resource: the live object, with the inputs it was made from, the API version it was first made
 * with, and the field manager that owns its fields. The keys are those of the official plugin, so that either plugin
 * reads the state of the other.
 */
const INPUTS = "__inputs";
const INITIAL_API_VERSION = "__initialApiVersion";
const FIELD_MANAGER = "__fieldManager";

/** Schema extensions of CustomResourceDefinitions, which typed SDKs spell with underscores. */
const EXTENSIONS = [
  "x-kubernetes-embedded-resource",
  "x-kubernetes-int-or-string",
  "x-kubernetes-list-map-keys",
  "x-kubernetes-list-type",
  "x-kubernetes-map-type",
  "x-kubernetes-preserve-unknown-fields",
  "x-kubernetes-validations",
];
const TO_DASHES = new Map(EXTENSIONS.map((key) => [key.replaceAll("-", "_"), key]));
const TO_UNDERSCORES = new Map(EXTENSIONS.map((key) => [key, key.replaceAll("-", "_")]));

/** A saved resource taken apart. */
export interface Checkpoint {
  readonly inputs: KubeObject;
  readonly live: KubeObject;
  readonly initialApiVersion: string | undefined;
  readonly fieldManager: string | undefined;
}

/** Properties from the program as a Kubernetes object: no secrets, keys as the API spells them. */
export function toObject(properties: PropertyMap): KubeObject {
  return renameKeys(stripSecrets(properties), TO_DASHES) as KubeObject;
}

/** Inputs as they are saved: keys as the SDK spells them, secret where the program's values were secret. */
export function toInputProperties(inputs: KubeObject, program: PropertyMap): PropertyMap {
  const properties = renameKeys(inputs, TO_UNDERSCORES) as PropertyMap;
  return markSecrets(properties, program);
}

/** Makes the state to save. `program` says which values are secret. */
export function checkpoint(
  inputs: KubeObject,
  live: KubeObject,
  program: PropertyMap,
  initialApiVersion: string,
  fieldManager: string,
): PropertyMap {
  let state = markSecrets(renameKeys(live, TO_UNDERSCORES) as PropertyMap, program);
  const stringData = program["stringData"];
  const data = state["data"];
  if (isSecretObject(live) && stringData !== undefined && data !== undefined && containsSecrets(stringData)) {
    state = { ...state, data: asSecret(data) };
  }
  return {
    ...state,
    [INPUTS]: toInputProperties(inputs, program),
    [INITIAL_API_VERSION]: initialApiVersion,
    [FIELD_MANAGER]: fieldManager,
  };
}

/** Takes a saved state apart. */
export function parseCheckpoint(state: PropertyMap): Checkpoint {
  const {
    [INPUTS]: inputs,
    [INITIAL_API_VERSION]: initial,
    [FIELD_MANAGER]: manager,
    ...live
  } = toObject(state);
  return {
    inputs: isObject(inputs) ? inputs : {},
    live,
    initialApiVersion: typeof initial === "string" ? initial : undefined,
    fieldManager: typeof manager === "string" ? manager : undefined,
  };
}

/** The API version an object was first made with. */
export function initialApiVersionOf(saved: Checkpoint, inputs: KubeObject): string {
  return saved.initialApiVersion ?? apiVersionOf(inputs);
}

/**
 * Marks in `outputs` what is secret in `program`. Objects are marked field by field; a list with any secret is secret
 * as a whole. The data of anything of kind Secret is secret in any case.
 */
export function markSecrets(outputs: PropertyMap, program: PropertyMap): PropertyMap {
  const marked: PropertyMap = { ...outputs };
  if (outputs["kind"] === "Secret") {
    for (const key of ["data", "stringData"]) {
      const value = outputs[key];
      if (value !== undefined) marked[key] = asSecret(value);
    }
    return marked;
  }
  for (const [key, wanted] of Object.entries(program)) {
    const value = outputs[key];
    if (value === undefined) continue;
    if (isObject(value) && isObject(wanted)) marked[key] = markSecrets(value, wanted);
    else if (containsSecrets(wanted)) marked[key] = asSecret(value);
  }
  return marked;
}

function asSecret(value: PropertyValue): PropertyValue {
  return value instanceof Secret ? value : new Secret(value);
}

function renameKeys(value: PropertyValue, names: ReadonlyMap<string, string>): PropertyValue {
  if (Array.isArray(value)) return value.map((item) => renameKeys(item, names));
  if (!isObject(value)) return value;
  const renamed: PropertyMap = {};
  for (const [key, field] of Object.entries(value)) renamed[names.get(key) ?? key] = renameKeys(field, names);
  return renamed;
}
