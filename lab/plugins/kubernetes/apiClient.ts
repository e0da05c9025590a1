import * as http from "node:http";
import * as https from "node:https";
import { setTimeout as delay } from "node:timers/promises";
import { isObject } from "../../../providers/shared/properties";
import type { PropertyMap } from "../../../providers/shared/properties";
import type { Connection } from "./kubeconfig";
import { nestedNumber, nestedString } from "./objects";

/** An answer of the API server that is not a success. */
export class ApiError extends Error {
  /**
   * @param code HTTP status
   * @param reason machine-readable reason, e.g. `AlreadyExists`
   * @param status the server's Status object, empty when it sent none
   */
  constructor(
    readonly code: number,
    readonly reason: string,
    message: string,
    readonly status: PropertyMap = {},
  ) {
    super(message);
  }
}

/** The API server does not serve this kind: its CustomResourceDefinition is missing. */
export class NoMatchError extends Error {
  constructor(kind: string, groupVersion: string) {
    super(`no matches for kind "${kind}" in version "${groupVersion}"`);
  }
}

export const isNotFound = (error: unknown): boolean => error instanceof ApiError && error.code === 404;
export const isForbidden = (error: unknown): boolean => error instanceof ApiError && error.code === 403;
export const isAlreadyExists = (error: unknown): boolean =>
  error instanceof ApiError && error.reason === "AlreadyExists";
export const isConflict = (error: unknown): boolean =>
  error instanceof ApiError && error.reason === "Conflict";

/** A request to the API server. */
export interface ApiRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Path below the server's URL, with a leading slash. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Media type of the body; JSON by default. */
  readonly contentType?: string;
  readonly signal?: AbortSignal;
}

/** Limit for opening a connection, in milliseconds. */
const CONNECT_TIMEOUT = 15_000;
/** Limit for the answer to a request that is not a watch, in milliseconds; the server's own limit is one minute. */
const RESPONSE_TIMEOUT = 90_000;
/** How often a request is repeated because the server asked for it (status 429 or 503 with `Retry-After`). */
const MAX_RETRIES = 10;
/** How often, and after which pause in milliseconds, a read is repeated whose connection broke. */
const MAX_RESETS = 3;
const RESET_PAUSE = 500;
const MAX_CONNECTIONS = 48;

/** One API server as one user, over kept-alive connections. */
export class ApiClient {
  private readonly agent: http.Agent;
  /** Watches hold their connection for minutes: with a share of a limited pool, they would starve all other requests. */
  private readonly watchAgent: http.Agent;
  private readonly base: URL;

  constructor(
    private readonly connection: Connection,
    private readonly userAgent: string,
  ) {
    this.base = new URL(connection.server);
    const options: https.AgentOptions = {
      scheduling: "lifo",
      noDelay: true,
      rejectUnauthorized: !connection.insecure,
      ...(connection.ca && { ca: connection.ca }),
      ...(connection.cert && { cert: connection.cert }),
      ...(connection.key && { key: connection.key }),
      ...(connection.serverName !== undefined && { servername: connection.serverName }),
    };
    const agent = (limits: http.AgentOptions): http.Agent =>
      this.base.protocol === "https:" ? new https.Agent({ ...options, ...limits }) : new http.Agent(limits);
    this.agent = agent({ maxSockets: MAX_CONNECTIONS, maxFreeSockets: MAX_CONNECTIONS, keepAlive: true });
    this.watchAgent = agent({ maxSockets: Infinity, keepAlive: false });
  }

  /** Sends a request and returns the object in the answer. Throws {@link ApiError} for any status but success. */
  async request(request: ApiRequest): Promise<PropertyMap> {
    for (let attempt = 0; ; attempt++) {
      const response = await this.send(request);
      const text = await readAll(response);
      const code = response.statusCode ?? 0;
      if (code >= 200 && code < 300) return parseObject(text);
      const wait = Number(response.headers["retry-after"]);
      if ((code === 429 || code >= 500) && wait > 0 && attempt < MAX_RETRIES) {
        await delay(wait * 1_000, undefined, { signal: request.signal });
        continue;
      }
      throw apiError(code, text);
    }
  }

  /**
   * Streams the lines of a watch. Ends when the server closes it, throws {@link ApiError} when it is refused.
   */
  async *stream(request: ApiRequest): AsyncGenerator<PropertyMap> {
    const response = await this.send(request, true);
    const code = response.statusCode ?? 0;
    if (code !== 200) throw apiError(code, await readAll(response));
    response.setEncoding("utf8");
    let rest = "";
    try {
      for await (const chunk of response as AsyncIterable<string>) {
        const lines = (rest + chunk).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) if (line.trim() !== "") yield parseObject(line);
      }
    } finally {
      response.destroy();
    }
  }

  /** Closes idle connections. */
  close(): void {
    this.agent.destroy();
    this.watchAgent.destroy();
  }

  private async send(request: ApiRequest, streaming = false): Promise<http.IncomingMessage> {
    const body = request.body === undefined ? undefined : Buffer.from(JSON.stringify(request.body));
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.sendOnce(request, body, streaming);
      } catch (error) {
        // The server may close a kept-alive connection in the moment it is used again; nothing was processed then.
        if (error instanceof StaleConnectionError) continue;
        if (request.method !== "GET" || !isReset(error) || attempt >= MAX_RESETS) throw error;
        await delay(RESET_PAUSE, undefined, { signal: request.signal });
      }
    }
  }

  private sendOnce(
    request: ApiRequest,
    body: Buffer | undefined,
    streaming: boolean,
  ): Promise<http.IncomingMessage> {
    const query = new URLSearchParams();
    for (const [key, value] of Object.entries(request.query ?? {}))
      if (value !== undefined) query.set(key, value);
    const search = query.toString();
    const options: http.RequestOptions = {
      agent: streaming ? this.watchAgent : this.agent,
      host: this.base.hostname.replace(/^\[|\]$/g, ""),
      port: this.base.port || (this.base.protocol === "https:" ? 443 : 80),
      method: request.method,
      path: `${this.base.pathname.replace(/\/+$/, "")}${request.path}${search === "" ? "" : `?${search}`}`,
      headers: {
        accept: "application/json",
        "user-agent": this.userAgent,
        ...(this.connection.authorization !== undefined && { authorization: this.connection.authorization }),
        ...(body && {
          "content-type": request.contentType ?? "application/json",
          "content-length": body.length,
        }),
      },
      ...(request.signal && { signal: request.signal }),
    };
    return new Promise((resolve, reject) => {
      const send = this.base.protocol === "https:" ? https.request : http.request;
      const outgoing = send(options, resolve);
      // Counted from the moment a connection is opened: before that, requests wait for their turn.
      let connectTimer: NodeJS.Timeout | undefined;
      outgoing.on("socket", (socket) => {
        if (!socket.connecting) return;
        const connected = this.base.protocol === "https:" ? "secureConnect" : "connect";
        connectTimer = setTimeout(() => {
          outgoing.destroy(new Error(`dial tcp ${this.base.host}: i/o timeout`));
        }, CONNECT_TIMEOUT);
        socket.once(connected, () => clearTimeout(connectTimer));
      });
      if (!streaming) {
        outgoing.setTimeout(RESPONSE_TIMEOUT, () => {
          outgoing.destroy(new Error(`no answer from ${this.base.host} within ${RESPONSE_TIMEOUT / 1_000}s`));
        });
      }
      outgoing.on("error", (error: NodeJS.ErrnoException) => {
        clearTimeout(connectTimer);
        const stale = outgoing.reusedSocket && (error.code === "ECONNRESET" || error.code === "EPIPE");
        reject(stale ? new StaleConnectionError() : describe(error, request, this.connection.server));
      });
      outgoing.on("close", () => clearTimeout(connectTimer));
      outgoing.end(body);
    });
  }
}

class StaleConnectionError extends Error {}

/** A connection that broke before the answer; only reading is safe to repeat. */
function isReset(error: unknown): boolean {
  const cause = error instanceof Error ? (error.cause as NodeJS.ErrnoException | undefined) : undefined;
  return cause?.code === "ECONNRESET" || cause?.code === "EPIPE";
}

/** Says which request failed: the system's own message names only the address. */
function describe(error: NodeJS.ErrnoException, request: ApiRequest, server: string): Error {
  if (error.name === "AbortError") return error;
  const reason = error.code === "ECONNREFUSED" ? "connect: connection refused" : error.message;
  return new Error(`${request.method} "${server}${request.path}": ${reason}`, { cause: error });
}

async function readAll(response: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

function parseObject(text: string): PropertyMap {
  const value: unknown = JSON.parse(text);
  if (!isObject(value)) throw new Error(`expected an object from the API server, got: ${text.slice(0, 200)}`);
  return value;
}

function apiError(code: number, text: string): ApiError {
  let status: PropertyMap = {};
  try {
    status = parseObject(text);
  } catch {
    // Proxies and a starting server answer in plain text.
  }
  const message = nestedString(status, "message") || text.trim().slice(0, 500) || `HTTP status ${code}`;
  return new ApiError(nestedNumber(status, "code") ?? code, nestedString(status, "reason"), message, status);
}
