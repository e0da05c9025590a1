import { Agent, request, WebSocket } from "undici";
import { LifecycleFailure } from "../failure";
import { readIfPresent } from "../stateFolder";
import { type ApiAccess, parseKubeconfig } from "./kubeconfig";
import type { KubeObject, ObjectRef, ObjectType } from "./objects";

/** An answer of an API server that is not a success. */
export class KubeApiError extends Error {
  /** @param status HTTP status. @param reason Machine-readable reason, for instance "NotFound". */
  constructor(
    readonly status: number,
    readonly reason: string,
    message: string,
  ) {
    super(message);
    this.name = "KubeApiError";
  }
}

/** Content types of the patches in use. */
export type PatchType = "merge" | "json" | "apply";

const patchContentTypes: Record<PatchType, string> = {
  merge: "application/merge-patch+json",
  json: "application/json-patch+json",
  apply: "application/apply-patch+yaml",
};

/** Name under which the programs' writes appear in managedFields. */
export const fieldManager = "metal3-lifecycle";

/** Seconds after which a request counts as unanswered, so that a hung API server cannot hang a program. */
const requestSeconds = 30;

interface ApiResource {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

/** A small client for any Kubernetes object: plain JSON in and out, every request limited in time and stoppable. */
export class KubeClient {
  private readonly agent: Agent;
  private readonly resources = new Map<string, Promise<ApiResource[]>>();

  private constructor(
    /** "source", "target", "bootstrap": what messages call this cluster. */
    readonly name: string,
    private readonly access: ApiAccess,
    private readonly signal: AbortSignal,
  ) {
    this.agent = new Agent({
      connections: 8,
      connect: {
        timeout: 10_000,
        rejectUnauthorized: !access.insecure,
        ca: access.ca,
        cert: access.cert,
        key: access.key,
        servername: access.serverName,
      },
    });
  }

  /** @param kubeconfig Content, not a path. */
  static fromKubeconfig(name: string, kubeconfig: string, signal: AbortSignal): KubeClient {
    return new KubeClient(name, parseKubeconfig(kubeconfig), signal);
  }

  /**
   * Opens a client for one piece of work, and closes it however that ends.
   *
   * @param kubeconfig Content, not a path.
   */
  static async use<T>(
    name: string,
    kubeconfig: string,
    signal: AbortSignal,
    work: (client: KubeClient) => Promise<T>,
  ): Promise<T> {
    const client = KubeClient.fromKubeconfig(name, kubeconfig, signal);
    try {
      return await work(client);
    } finally {
      await client.close();
    }
  }

  /** @param file Path of a kubeconfig, relative to the project. */
  static async fromFile(name: string, file: string, signal: AbortSignal): Promise<KubeClient> {
    const kubeconfig = await readIfPresent(file);
    if (kubeconfig === undefined) {
      throw new LifecycleFailure(`there is no kubeconfig at ${file}`, {
        remedy: "`management-kubeconfig` writes it; run `pulumi up` again",
      });
    }
    return KubeClient.fromKubeconfig(name, kubeconfig, signal);
  }

  /** URL of the API server. */
  get server(): string {
    return this.access.server;
  }

  /** Lets go of the connections; a client that is not closed keeps the process alive. */
  async close(): Promise<void> {
    await this.agent.destroy();
  }

  /** Whether the API server answers and says that it is ready. */
  async isReady(): Promise<boolean> {
    try {
      return (await this.raw("GET", "/readyz")) === "ok";
    } catch {
      this.signal.throwIfAborted();
      return false;
    }
  }

  /**
   * How far the API server's clock is from this machine's, in seconds (positive: the server is ahead), with the greatest
   * error of that number. Undefined when the server sends no date.
   */
  async clockOffset(): Promise<{ readonly seconds: number; readonly error: number } | undefined> {
    const before = Date.now();
    const { headers } = await this.send("GET", "/version");
    const after = Date.now();
    const date = Date.parse(String(headers.date));
    // The header has whole seconds, cut off.
    return Number.isNaN(date)
      ? undefined
      : { seconds: (date + 500 - (before + after) / 2) / 1000, error: (500 + (after - before) / 2) / 1000 };
  }

  /** A web socket to a path of the API server, for the subresources that speak no plain HTTP. */
  socket(path: string, query: readonly (readonly [string, string])[], protocol: string): WebSocket {
    const url = new URL(this.access.server.replace(/^http/, "ws") + path);
    query.forEach(([name, value]) => url.searchParams.append(name, value));
    return new WebSocket(url, {
      protocols: protocol,
      dispatcher: this.agent,
      headers: this.authorization(),
    });
  }

  async get(ref: ObjectRef): Promise<KubeObject> {
    return this.json("GET", await this.path(ref, ref.namespace, ref.name));
  }

  /** The object, or undefined when it (or its whole type) does not exist. */
  async find(ref: ObjectRef): Promise<KubeObject | undefined> {
    return undefinedIfAbsent(() => this.get(ref));
  }

  /** All objects of a type in a namespace (or in all); empty when the type does not exist. */
  async list(
    type: ObjectType,
    namespace?: string,
    selectors: { readonly labelSelector?: string; readonly fieldSelector?: string } = {},
  ): Promise<KubeObject[]> {
    const found = await undefinedIfAbsent(async () => {
      const path = await this.path(type, namespace);
      const items: KubeObject[] = [];
      let token: string | undefined;
      do {
        const page = await this.json<{ metadata: { continue?: string }; items: KubeObject[] }>("GET", path, {
          query: { limit: "500", ...selectors, continue: token },
        });
        items.push(...page.items.map((item) => ({ ...item, apiVersion: type.apiVersion, kind: type.kind })));
        token = page.metadata.continue;
      } while (token);
      return items;
    });
    return found ?? [];
  }

  async create(object: KubeObject, options: { readonly dryRun?: boolean } = {}): Promise<KubeObject> {
    const path = await this.path(object as ObjectType, object.metadata.namespace);
    return this.json("POST", path, {
      body: object,
      query: { fieldManager, dryRun: options.dryRun ? "All" : undefined },
    });
  }

  /** Patches an object (or a subresource of it). `apply` takes over fields of other managers. */
  async patch(
    ref: ObjectRef,
    type: PatchType,
    body: unknown,
    options: { readonly subresource?: string; readonly dryRun?: boolean } = {},
  ): Promise<KubeObject> {
    const path = await this.path(ref, ref.namespace, ref.name);
    return this.json("PATCH", options.subresource ? `${path}/${options.subresource}` : path, {
      body,
      contentType: patchContentTypes[type],
      query: {
        fieldManager,
        force: type === "apply" ? "true" : undefined,
        dryRun: options.dryRun ? "All" : undefined,
      },
    });
  }

  /** Deletes an object; absent is success. */
  async delete(
    ref: ObjectRef,
    propagation: "Foreground" | "Background" | "Orphan" = "Background",
  ): Promise<void> {
    await undefinedIfAbsent(async () =>
      this.json("DELETE", await this.path(ref, ref.namespace, ref.name), {
        body: { propagationPolicy: propagation },
      }),
    );
  }

  /** The last lines of a container's log. */
  async logs(
    namespace: string,
    pod: string,
    container: string,
    lines: number,
    previous = false,
  ): Promise<string> {
    return this.raw("GET", `/api/v1/namespaces/${namespace}/pods/${pod}/log`, {
      query: { container, tailLines: String(lines), previous: previous ? "true" : undefined },
    });
  }

  /** Whether the API server serves a type now. Not cached. */
  async serves(type: ObjectType): Promise<boolean> {
    this.resources.delete(type.apiVersion);
    return (await undefinedIfAbsent(() => this.resource(type))) !== undefined;
  }

  /** A request for a path of the API server, answered with JSON. */
  async json<T = KubeObject>(method: Method, path: string, options: RequestOptions = {}): Promise<T> {
    return JSON.parse(await this.raw(method, path, options)) as T;
  }

  private async raw(method: Method, path: string, options: RequestOptions = {}): Promise<string> {
    return (await this.send(method, path, options)).answer;
  }

  private authorization(): Record<string, string> {
    return this.access.token ? { authorization: `Bearer ${this.access.token}` } : {};
  }

  private async send(method: Method, path: string, options: RequestOptions = {}) {
    const query = Object.fromEntries(
      Object.entries(options.query ?? {}).filter(([, value]) => value !== undefined),
    );
    const { statusCode, headers, body } = await request(this.access.server + path, {
      method,
      dispatcher: this.agent,
      query,
      headers: {
        accept: "application/json, */*;q=0.8",
        ...this.authorization(),
        ...(options.body === undefined ? {} : { "content-type": options.contentType ?? "application/json" }),
      },
      body: options.body === undefined ? null : JSON.stringify(options.body),
      signal: AbortSignal.any([this.signal, AbortSignal.timeout(requestSeconds * 1000)]),
    });
    const answer = await body.text();
    if (statusCode >= 300) {
      throw apiError(statusCode, answer, `${method} ${path}`);
    }
    return { headers, answer };
  }

  private async path(type: ObjectType, namespace?: string, name?: string): Promise<string> {
    const resource = await this.resource(type);
    const segments = [groupPath(type.apiVersion)];
    if (resource.namespaced && namespace) {
      segments.push("namespaces", encodeURIComponent(namespace));
    }
    segments.push(resource.name);
    if (name) {
      segments.push(encodeURIComponent(name));
    }
    return segments.join("/");
  }

  private async resource({ apiVersion, kind }: ObjectType): Promise<ApiResource> {
    let known = this.resources.get(apiVersion);
    if (!known) {
      known = this.json<{ resources: ApiResource[] }>("GET", groupPath(apiVersion)).then(
        ({ resources }) => resources,
      );
      this.resources.set(apiVersion, known);
    }
    let resource: ApiResource | undefined;
    try {
      resource = (await known).find((candidate) => candidate.kind === kind && !candidate.name.includes("/"));
    } catch (error) {
      this.resources.delete(apiVersion);
      throw error;
    }
    if (!resource) {
      // Custom resource definitions may be added later.
      this.resources.delete(apiVersion);
      throw new KubeApiError(404, "NotFound", `${this.name} does not know ${apiVersion} ${kind}`);
    }
    return resource;
  }
}

type Method = "GET" | "POST" | "PATCH" | "PUT" | "DELETE";

interface RequestOptions {
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
  readonly contentType?: string;
}

function groupPath(apiVersion: string): string {
  return apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}

function apiError(status: number, answer: string, what: string): KubeApiError {
  try {
    const { reason, message } = JSON.parse(answer) as { reason?: string; message?: string };
    return new KubeApiError(status, reason ?? "", message ?? `${what}: HTTP ${status}`);
  } catch {
    return new KubeApiError(status, "", `${what}: HTTP ${status}: ${answer.slice(0, 200)}`);
  }
}

/** Whether an error says that the object, or its type, does not exist. */
export function isAbsent(error: unknown): boolean {
  return error instanceof KubeApiError && error.status === 404;
}

/** Whether an error says that there is already an object of that name. */
export function alreadyExists(error: unknown): boolean {
  return error instanceof KubeApiError && error.status === 409 && error.reason === "AlreadyExists";
}

async function undefinedIfAbsent<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (isAbsent(error)) {
      return undefined;
    }
    throw error;
  }
}
