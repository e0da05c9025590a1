import type { PropertyMap } from "../../../providers/shared/properties";
import { toInputProperties, toObject } from "./checkpoint";
import { isNamespaced } from "./cluster";
import { isCustomResourceDefinition } from "./kinds";
import { adoptName, assignName, usesGenerateName } from "./naming";
import type { Autonaming } from "./naming";
import { normalizeInputs } from "./normalize";
import {
  gvkOfUrn,
  isPatchType,
  isUnknown,
  nameOf,
  nameOfUrn,
  namespaceOf,
  nested,
  setNested,
} from "./objects";
import type { ProviderState } from "./providerConfig";

/** What a check needs. */
export interface CheckOptions {
  readonly state: ProviderState;
  readonly urn: string;
  /** Inputs of the last run, empty for a new resource. */
  readonly olds: PropertyMap;
  /** Inputs from the program. */
  readonly news: PropertyMap;
  /** Makes generated names repeatable within a run. */
  readonly seed: Uint8Array;
  readonly autonaming: Autonaming | undefined;
}

/** Completes the program's inputs: name, namespace, normal form; what is secret stays secret. */
export async function checkInputs(options: CheckOptions): Promise<PropertyMap> {
  const { state, urn, olds, news } = options;
  const inputs = normalizeInputs(toObject(news));
  const gvk = gvkOfUrn(urn);
  const cluster = state.target.reachable ? state.target.cluster : undefined;
  if (isPatchType(urn)) {
    if (!state.settings.enableServerSideApply) {
      throw new Error(
        "patch resources require Server-Side Apply mode, which is enabled using the `enableServerSideApply` " +
          "Provider config",
      );
    }
    if (nameOf(inputs) === "" && !isUnknown(nested(inputs, "metadata", "name"))) {
      throw new Error("patch resources require the `.metadata.name` field to be set");
    }
  }
  if (Object.keys(olds).length > 0) adoptName(inputs, toObject(olds));
  else assignName(inputs, nameOfUrn(urn), options.seed, options.autonaming);
  if (usesGenerateName(inputs) && state.settings.enableServerSideApply) {
    throw new Error("the `.metadata.generateName` field is not supported in Server-Side Apply mode");
  }
  // The program's own definitions tell the scope of kinds that the server does not know yet.
  if (isCustomResourceDefinition(inputs)) cluster?.declare(inputs);
  const noNamespace = namespaceOf(inputs) === "" && !isUnknown(nested(inputs, "metadata", "namespace"));
  if (state.defaultNamespace !== "" && noNamespace && (await isNamespaced(gvk, cluster))) {
    setNested(inputs, state.defaultNamespace, "metadata", "namespace");
  }
  return toInputProperties(inputs, news);
}
