/** A way to an API server on which every write is counted, and at which a test can hold, refuse or kill. */
import http from "node:http";
import https from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { stringify } from "yaml";
import { parseKubeconfig } from "../../../lifecycle/shared/kube/kubeconfig";

/** A write that an API server has done. */
export interface Write {
  /** Its number among the writes to both servers, from 1. */
  readonly number: number;
  readonly side: string;
  readonly method: string;
  readonly path: string;
}

/** Counts writes over several proxies. */
export class Writes {
  readonly done: Write[] = [];
  /** Called after a write was done, before its client hears of it. */
  onWrite: (write: Write) => Promise<void> | void = () => undefined;

  async note(side: string, method: string, path: string): Promise<void> {
    const write = { number: this.done.length + 1, side, method, path };
    this.done.push(write);
    await this.onWrite(write);
  }

  reset(): void {
    this.done.length = 0;
    this.onWrite = () => undefined;
  }
}

/** A proxy in front of one API server: plain HTTP to the program under test, the admin's certificate to the server. */
export class ApiProxy {
  private readonly server: http.Server;
  private readonly agent: https.Agent;
  private readonly sockets = new Set<Socket>();
  private readonly target: URL;
  private pending = 0;
  private answered = 0;
  private refusing = false;
  /** HTTP status with which a request is answered instead of the server; undefined passes it on. */
  answerInstead: (method: string, path: string) => number | undefined = () => undefined;
  /** UID that its namespace "kube-system" is said to have: another cluster, for the program. Default: its own. */
  clusterIdentity: string | undefined;

  private constructor(
    private readonly side: string,
    kubeconfig: string,
    private readonly writes: Writes,
  ) {
    const { server, ca, cert, key } = parseKubeconfig(kubeconfig);
    this.target = new URL(server);
    this.agent = new https.Agent({ keepAlive: true, ca, cert, key });
    this.server = http.createServer((request, response) => void this.pass(request, response));
    this.server.on("connection", (socket) => {
      if (this.refusing) {
        socket.destroy();
        return;
      }
      this.sockets.add(socket);
      socket.on("close", () => this.sockets.delete(socket));
    });
  }

  static async start(side: string, kubeconfig: string, writes: Writes): Promise<ApiProxy> {
    const proxy = new ApiProxy(side, kubeconfig, writes);
    await new Promise<void>((resolve) => proxy.server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  /** Requests of any kind that the server has answered since the start. */
  get requests(): number {
    return this.answered;
  }

  /** A kubeconfig for the program under test. */
  get kubeconfig(): string {
    const { port } = this.server.address() as AddressInfo;
    return stringify({
      apiVersion: "v1",
      kind: "Config",
      "current-context": "test",
      contexts: [{ name: "test", context: { cluster: "test", user: "test" } }],
      clusters: [{ name: "test", cluster: { server: `http://127.0.0.1:${port}` } }],
      users: [{ name: "test", user: { token: "none" } }],
    });
  }

  /** As if the API server were stopped: connections break, new ones are closed at once. */
  refuse(refusing: boolean): void {
    this.refusing = refusing;
    if (refusing) this.sockets.forEach((socket) => socket.destroy());
  }

  /** Back to a proxy that passes everything on as it is. */
  reset(): void {
    this.refuse(false);
    this.answerInstead = () => undefined;
    this.clusterIdentity = undefined;
  }

  /** Resolves when the server has answered everything that was sent to it. */
  async idle(): Promise<void> {
    while (this.pending > 0) await new Promise((resolve) => setTimeout(resolve, 10));
  }

  async stop(): Promise<void> {
    this.refuse(true);
    this.agent.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async pass(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const { method = "GET", url = "/", headers } = request;
    // Whatever was sent completely reaches the server, whether its sender lives on or not.
    const body = await bodyOf(request);
    if (!body) return;
    const instead = this.answerInstead(method, url.split("?")[0] ?? url);
    if (instead !== undefined) {
      refuseWith(instead, response);
      return;
    }
    this.pending++;
    const others = Object.fromEntries(
      Object.entries(headers).filter(
        ([name]) => !["authorization", "host", "connection", "accept-encoding"].includes(name),
      ),
    );
    const upstream = https.request(
      new URL(url, this.target),
      { method, agent: this.agent, headers: { ...others, "content-length": body.length } },
      (answer) => {
        this.pending--;
        this.answered++;
        const finished = isWrite(method, url) && (answer.statusCode ?? 500) < 300;
        const noted = finished ? this.writes.note(this.side, method, url.split("?")[0] ?? url) : undefined;
        const identity = url.endsWith("/api/v1/namespaces/kube-system") ? this.clusterIdentity : undefined;
        void Promise.resolve(noted).then(() =>
          identity === undefined ? passOn(answer, response) : passOnAs(identity, answer, response),
        );
      },
    );
    upstream.on("error", () => {
      this.pending = Math.max(0, this.pending - 1);
      response.destroy();
    });
    response.on("close", () => {
      if (!response.writableEnded && method === "GET") upstream.destroy();
    });
    upstream.end(body);
  }
}

/** As API servers answer when they cannot, or will not just now. */
function refuseWith(code: number, response: http.ServerResponse): void {
  const reason = code === 429 ? "TooManyRequests" : "InternalError";
  response.writeHead(code, {
    "content-type": "application/json",
    ...(code === 429 ? { "retry-after": "1" } : {}),
  });
  response.end(
    JSON.stringify({ kind: "Status", apiVersion: "v1", status: "Failure", reason, code, message: "planted" }),
  );
}

function passOn(answer: http.IncomingMessage, response: http.ServerResponse): void {
  response.writeHead(answer.statusCode ?? 502, answer.headers);
  answer.pipe(response);
}

/** A namespace with another UID. */
async function passOnAs(
  uid: string,
  answer: http.IncomingMessage,
  response: http.ServerResponse,
): Promise<void> {
  const found = JSON.parse(String(await bodyOf(answer))) as { metadata: { uid: string } };
  response.writeHead(answer.statusCode ?? 502, { "content-type": "application/json" });
  response.end(JSON.stringify({ ...found, metadata: { ...found.metadata, uid } }));
}

async function bodyOf(request: http.IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  } catch {
    return undefined;
  }
}

/** Renewals of a lease come with time and not with progress, so that they are not counted. */
function isWrite(method: string, url: string): boolean {
  return (
    !["GET", "HEAD", "OPTIONS"].includes(method) &&
    !url.includes("dryRun=All") &&
    !/selfsubject/.test(url) &&
    !(method === "PATCH" && url.includes("/leases/"))
  );
}
