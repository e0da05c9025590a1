import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { afterEach, describe, expect, it } from "vitest";
import { execInContainer } from "../../../../lifecycle/pivot/gate/exec";
import { probeBmcs } from "../../../../lifecycle/pivot/gate/reach";
import { KubeClient } from "../../../../lifecycle/shared/kube/client";
import type { KubeObject } from "../../../../lifecycle/shared/kube/objects";
import { factsOf, healthyWorld } from "./world";

const stdout = 1;
const stderr = 2;
const status = 3;

/** One message to the client; the first byte is the channel. */
function frame(channel: number, text: string): Buffer {
  const payload = Buffer.concat([Buffer.from([channel]), Buffer.from(text)]);
  // Short messages are enough here: a length in one byte.
  return Buffer.concat([Buffer.from([0x82, payload.length]), payload]);
}

/** An API server that knows the remote command protocol and nothing else. */
class ExecServer {
  readonly asked: URL[] = [];
  readonly protocols: (string | undefined)[] = [];
  private readonly sockets = new Set<Duplex>();

  private constructor(private readonly server: Server) {}

  static async start(answer: (socket: Duplex) => void): Promise<ExecServer> {
    const server = createServer((_request, response) => void response.writeHead(404).end());
    const self = new ExecServer(server);
    server.on("upgrade", (request: IncomingMessage, socket: Duplex) => {
      self.sockets.add(socket);
      self.asked.push(new URL(request.url ?? "", "http://localhost"));
      self.protocols.push(request.headers["sec-websocket-protocol"]);
      const key = `${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
      socket.write(
        [
          "HTTP/1.1 101 Switching Protocols",
          "Upgrade: websocket",
          "Connection: Upgrade",
          `Sec-WebSocket-Accept: ${createHash("sha1").update(key).digest("base64")}`,
          "Sec-WebSocket-Protocol: v4.channel.k8s.io",
          "\r\n",
        ].join("\r\n"),
      );
      answer(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return self;
  }

  client(): KubeClient {
    const { port } = this.server.address() as AddressInfo;
    const kubeconfig = JSON.stringify({
      "current-context": "x",
      contexts: [{ name: "x", context: { cluster: "x", user: "x" } }],
      clusters: [{ name: "x", cluster: { server: `http://127.0.0.1:${port}` } }],
      users: [{ name: "x", user: { token: "t" } }],
    });
    return KubeClient.fromKubeconfig("target", kubeconfig, new AbortController().signal);
  }

  async stop(): Promise<void> {
    this.sockets.forEach((socket) => socket.destroy());
    await new Promise((resolve) => this.server.close(resolve));
  }
}

const closing = Buffer.from([0x88, 0x02, 0x03, 0xe8]);
const container = { namespace: "ns", pod: "ironic-1", container: "ironic" };
const signal = new AbortController().signal;
let server: ExecServer;

afterEach(() => server.stop());

function run(client: KubeClient, seconds = 10): Promise<string> {
  return execInContainer(client, container, ["echo", "a b"], seconds, signal);
}

describe("execInContainer", () => {
  it("returns what the command wrote", async () => {
    server = await ExecServer.start((socket) => {
      socket.write(frame(stdout, "open 10.0.0.5 "));
      socket.write(frame(stderr, "a warning"));
      socket.write(frame(stdout, "443\n"));
      socket.write(frame(status, JSON.stringify({ status: "Success" })));
      socket.write(closing);
    });
    const client = server.client();
    expect(await run(client)).toBe("open 10.0.0.5 443\n");
    expect(server.protocols).toEqual(["v4.channel.k8s.io"]);
    expect(server.asked[0]?.pathname).toBe("/api/v1/namespaces/ns/pods/ironic-1/exec");
    expect(server.asked[0]?.searchParams.getAll("command")).toEqual(["echo", "a b"]);
    expect(server.asked[0]?.searchParams.get("container")).toBe("ironic");
    await client.close();
  });

  it("says why a command failed", async () => {
    server = await ExecServer.start((socket) => {
      socket.write(frame(stderr, "bash: not found"));
      socket.write(frame(status, JSON.stringify({ status: "Failure", message: "exit code 127" })));
      socket.write(closing);
    });
    const client = server.client();
    await expect(run(client)).rejects.toThrow("exit code 127: bash: not found");
    await client.close();
  });

  it("takes a connection that breaks for no answer", async () => {
    server = await ExecServer.start((socket) => {
      socket.write(frame(stdout, "open 10.0.0.5 443\n"));
      socket.end();
    });
    const client = server.client();
    await expect(run(client)).rejects.toThrow();
    await client.close();
  });

  it("gives up on a command that does not end", async () => {
    server = await ExecServer.start(() => undefined);
    const client = server.client();
    await expect(run(client, 0.2)).rejects.toThrow("did not end within 0.2 s");
    await client.close();
  });
});

describe("probeBmcs", () => {
  const { target, source } = factsOf(healthyWorld());
  const hosts: readonly KubeObject[] = source.inventory.moving.filter(({ kind }) => kind === "BareMetalHost");

  it("tells for each BMC whether it answers, from the target's Ironic", async () => {
    server = await ExecServer.start((socket) => {
      socket.write(frame(stdout, "open 10.20.0.0 443\nclosed 10.20.0.1 443\nopen 10.20.0.2 443\n"));
      socket.write(frame(status, JSON.stringify({ status: "Success" })));
      socket.write(closing);
    });
    const client = server.client();
    const probe = await probeBmcs(client, target!, hosts, signal);
    expect(probe).toEqual({
      kind: "made",
      from: "Pod baremetal-operator-system/ironic-abc",
      results: [
        { hosts: ["host-0"], endpoint: "10.20.0.0:443", answers: true },
        { hosts: ["host-1"], endpoint: "10.20.0.1:443", answers: false },
        { hosts: ["host-2"], endpoint: "10.20.0.2:443", answers: true },
      ],
    });
    expect(server.asked[0]?.searchParams.getAll("command").slice(-6)).toEqual([
      "10.20.0.0",
      "443",
      "10.20.0.1",
      "443",
      "10.20.0.2",
      "443",
    ]);
    await client.close();
  });

  it("does not claim anything when the pod cannot be entered", async () => {
    server = await ExecServer.start((socket) => {
      socket.write(frame(status, JSON.stringify({ status: "Failure", message: "container not found" })));
      socket.write(closing);
    });
    const client = server.client();
    expect(await probeBmcs(client, target!, hosts, signal)).toEqual({
      kind: "not made",
      why: "the target's Ironic pod could not be entered: container not found",
    });
    await client.close();
  });
});
