import type { Mutability } from "./forceNew";

/** Configuration of a provider resource that is not about how to reach the cluster. */
export interface Settings extends Mutability {
  /** Objects are written by server-side apply; without it by merge patches. Default true. */
  readonly enableServerSideApply: boolean;
  /** Server-side apply takes fields over from other managers. Default false. */
  readonly enablePatchForce: boolean;
  /** Creation applies onto an object that exists already. Default false. */
  readonly upsertExistingObjects: boolean;
  /** With an unreachable cluster, resources are taken as unchanged. Default false. */
  readonly skipUpdateUnreachable: boolean;
  /** With an unreachable cluster, deletions and refreshes drop resources from the state. Default false. */
  readonly deleteUnreachable: boolean;
}

/** A provider's configuration: one string a key, as the engine sends it. */
export type ConfigValues = Readonly<Record<string, string | undefined>>;

/** Reads the settings: the provider's own value, else the environment, else the default. */
export function readSettings(values: ConfigValues, env: NodeJS.ProcessEnv = process.env): Settings {
  const flag = (key: string, variable: string, fallback: boolean): boolean => {
    const text = values[key] ?? env[variable];
    return text === undefined ? fallback : text === "true";
  };
  return {
    enableServerSideApply: flag("enableServerSideApply", "PULUMI_K8S_ENABLE_SERVER_SIDE_APPLY", true),
    enablePatchForce: flag("enablePatchForce", "PULUMI_K8S_ENABLE_PATCH_FORCE", false),
    upsertExistingObjects: flag("upsertExistingObjects", "PULUMI_K8S_UPSERT_EXISTING_OBJECTS", false),
    skipUpdateUnreachable: flag("skipUpdateUnreachable", "PULUMI_K8S_SKIP_UPDATE_UNREACHABLE", false),
    deleteUnreachable: flag("deleteUnreachable", "PULUMI_K8S_DELETE_UNREACHABLE", false),
    enableConfigMapMutable: flag("enableConfigMapMutable", "PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE", false),
    enableSecretMutable: flag("enableSecretMutable", "PULUMI_K8S_ENABLE_SECRET_MUTABLE", false),
  };
}
