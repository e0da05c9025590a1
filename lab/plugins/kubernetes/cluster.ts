import type { PropertyMap } from "../../../providers/shared/properties";
import { ApiClient, NoMatchError, isNotFound } from "./apiClient";
import { builtInScope } from "./kinds";
import type { Connection } from "./kubeconfig";
import type { GroupVersionKind, KubeObject } from "./objects";
import { groupVersion, gvkOf, namespaceOf, nestedObjects, nestedString } from "./objects";

/** Where the objects of one kind live in the API. */
export interface ResourceMapping {
  /** Plural, as in URLs. */
  readonly resource: string;
  readonly namespaced: boolean;
}

const VERSION_OF_PLUGIN = "4.34.2";

/** An API server with what is known of the kinds it serves. */
export class Cluster {
  readonly api: ApiClient;
  private readonly groupVersions = new Map<string, Promise<Map<string, ResourceMapping>>>();
  /** Scope of kinds whose CustomResourceDefinition the program declares, known before it is created. */
  private readonly declaredScopes = new Map<string, boolean>();

  constructor(readonly connection: Connection) {
    this.api = new ApiClient(connection, `pulumi-kubernetes/${VERSION_OF_PLUGIN}`);
  }

  /** Asks for what needs a working server and valid credentials. Throws when there is none. */
  async probe(): Promise<void> {
    await this.mappingsOf("v1");
  }

  /** Where objects of a kind live. Throws {@link NoMatchError} when the server does not serve the kind. */
  async mapping(gvk: GroupVersionKind): Promise<ResourceMapping> {
    const gv = groupVersion(gvk);
    const known = (await this.mappingsOf(gv)).get(gvk.kind);
    if (known !== undefined) return known;
    // A CustomResourceDefinition may have been created since.
    this.groupVersions.delete(gv);
    const mapping = (await this.mappingsOf(gv)).get(gvk.kind);
    if (mapping === undefined) throw new NoMatchError(gvk.kind, gv);
    return mapping;
  }

  /** True when the server serves the kind. */
  async serves(gvk: GroupVersionKind): Promise<boolean> {
    try {
      await this.mapping(gvk);
      return true;
    } catch {
      return false;
    }
  }

  /** Forgets which kinds the server serves, after a CustomResourceDefinition was created. */
  forgetKinds(): void {
    this.groupVersions.clear();
  }

  /** Remembers a CustomResourceDefinition that the program declares. */
  declare(crd: KubeObject): void {
    const key = `${nestedString(crd, "spec", "group")}/${nestedString(crd, "spec", "names", "kind")}`;
    this.declaredScopes.set(key, nestedString(crd, "spec", "scope") === "Namespaced");
  }

  /** Whether a declared CustomResourceDefinition makes the kind namespaced; `undefined` when none is declared. */
  declaredScope(gvk: GroupVersionKind): boolean | undefined {
    return this.declaredScopes.get(`${gvk.group}/${gvk.kind}`);
  }

  /** Path of the collection of a kind, in the object's namespace where the kind is namespaced. */
  async collectionPath(gvk: GroupVersionKind, namespace: string): Promise<string> {
    const mapping = await this.mapping(gvk);
    const root = gvk.group === "" ? `/api/${gvk.version}` : `/apis/${gvk.group}/${gvk.version}`;
    const scope = mapping.namespaced ? `/namespaces/${encodeURIComponent(namespace || "default")}` : "";
    return `${root}${scope}/${mapping.resource}`;
  }

  /** Path of the collection that an object belongs to. */
  pathOf(object: KubeObject): Promise<string> {
    return this.collectionPath(gvkOf(object), namespaceOf(object));
  }

  /** Reads one object. */
  async get(object: KubeObject, name: string, signal?: AbortSignal): Promise<KubeObject> {
    const path = await this.pathOf(object);
    return this.api.request({
      method: "GET",
      path: `${path}/${encodeURIComponent(name)}`,
      ...(signal && { signal }),
    });
  }

  /** Lists objects of a kind in a namespace. */
  async list(
    gvk: GroupVersionKind,
    namespace: string,
    query: Record<string, string> = {},
    signal?: AbortSignal,
  ): Promise<KubeObject[]> {
    const path = await this.collectionPath(gvk, namespace);
    const list = await this.api.request({ method: "GET", path, query, ...(signal && { signal }) });
    return nestedObjects(list, "items");
  }

  /** Closes idle connections. */
  close(): void {
    this.api.close();
  }

  private mappingsOf(gv: string): Promise<Map<string, ResourceMapping>> {
    const cached = this.groupVersions.get(gv);
    if (cached !== undefined) return cached;
    const fetched = this.fetchMappings(gv);
    this.groupVersions.set(gv, fetched);
    fetched.catch(() => this.groupVersions.delete(gv));
    return fetched;
  }

  private async fetchMappings(gv: string): Promise<Map<string, ResourceMapping>> {
    let list: PropertyMap;
    try {
      list = await this.api.request({ method: "GET", path: gv.includes("/") ? `/apis/${gv}` : `/api/${gv}` });
    } catch (error) {
      if (isNotFound(error)) return new Map();
      throw error;
    }
    const mappings = new Map<string, ResourceMapping>();
    for (const resource of nestedObjects(list, "resources")) {
      const name = nestedString(resource, "name");
      // Subresources carry the kinds of their bodies.
      if (name.includes("/")) continue;
      mappings.set(nestedString(resource, "kind"), {
        resource: name,
        namespaced: resource["namespaced"] === true,
      });
    }
    return mappings;
  }
}

/**
 * Whether objects of a kind live in a namespace: built-in kinds by table, others by a CustomResourceDefinition of the
 * program, else by the server. Without a server an unknown kind is taken as namespaced; creation corrects that.
 */
export async function isNamespaced(gvk: GroupVersionKind, cluster: Cluster | undefined): Promise<boolean> {
  const scope = builtInScope({ ...gvk, kind: gvk.kind.replace(/Patch$/, "") });
  if (scope !== undefined) return scope === "namespaced";
  if (cluster === undefined) return true;
  const declared = cluster.declaredScope(gvk);
  if (declared !== undefined) return declared;
  try {
    return (await cluster.mapping(gvk)).namespaced;
  } catch {
    return true;
  }
}
