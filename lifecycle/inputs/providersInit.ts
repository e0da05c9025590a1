import { z } from "zod";
import { objectName, seconds, stackName } from "./common";

const version = z.string().regex(/^v\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/, 'not a version like "v1.13.6"');

/** Versions of the providers and where their manifests are; `ProviderVersions` of the configuration fits. */
export const providerVersions = z.object({
  clusterApi: version,
  metal3: version,
  ipam: version,
  certManager: version,
  /** Local provider repository (clusterctl's layout), relative to the project. Unset: the projects' release pages. */
  repository: z.string().min(1).optional(),
});

const managerImages = z
  .strictObject({
    clusterApi: z.string().optional(),
    kubeadmBootstrap: z.string().optional(),
    kubeadmControlPlane: z.string().optional(),
    metal3: z.string().optional(),
    ipam: z.string().optional(),
  })
  .default({});

/** Images of managers that take the place of those in the manifests. */
export type ManagerImages = z.output<typeof managerImages>;

/** Input of `providers-init`. Secret: KUBECONFIG_CONTENT. */
export const providersInitInput = z.strictObject({
  stack: stackName,
  /** What messages call the cluster, for instance "bootstrap". */
  cluster: z.string(),
  /** Namespace of the moved objects: the prerequisites create it, and the managers watch it alone. */
  namespace: objectName,
  versions: providerVersions,
  images: managerImages,
  /** Limit for every manager to be available and its webhooks to answer, seconds. Default: the program's own. */
  limitSeconds: seconds.optional(),
});

/** Input of `providers-init`, as a caller writes it. */
export type ProvidersInitInput = z.input<typeof providersInitInput>;

/** Result of `providers-init`. */
export interface ProvidersInitResult {
  /** Whether `clusterctl init` had anything to do. */
  readonly installed: boolean;
  /** Labels of the providers that `clusterctl upgrade apply` changed. */
  readonly upgraded: readonly string[];
  /** Provider (as `<label>`) to version. */
  readonly providers: Readonly<Record<string, string>>;
  /** Seconds by phase. */
  readonly seconds: Readonly<Record<string, number>>;
}

/** Input of `providers-prerequisites`. Secret: KUBECONFIG_CONTENT. */
export const providersPrerequisitesInput = providersInitInput.omit({ stack: true, images: true }).extend({
  versions: providerVersions.pick({ certManager: true, repository: true }),
});

/** Input of `providers-prerequisites`, as a caller writes it. */
export type ProvidersPrerequisitesInput = z.input<typeof providersPrerequisitesInput>;

/** Result of `providers-prerequisites`. */
export interface ProvidersPrerequisitesResult {
  /** False when a working cert-manager was found, in no older version. */
  readonly certManagerInstalled: boolean;
}
