/** An Ironic of which only the list of nodes is there: over TLS, for those who know its login. */
import https from "node:https";
import type { AddressInfo } from "node:net";
import { ironicCredentials } from "../../../lifecycle/inputs/ironicCredentials";
import { generateCredentials } from "../../../lifecycle/ironicCredentials/generate";
import type { IronicNode } from "../../../lifecycle/shared/ironicNodes";

/** A node as a test plants it. */
export type PlantedNode = Pick<IronicNode, "uuid" | "name" | "provision_state"> & Partial<IronicNode>;

/** It serves on loopback until it is stopped. */
export class FakeIronic {
  /** What it knows; a test changes it at will. */
  nodes: PlantedNode[] = [];
  /** Nodes that it says at a time, as `max_limit` of the real one. */
  pageSize = 1000;
  /** Lists that it was asked for. */
  asked = 0;

  private constructor(
    private readonly server: https.Server,
    /** IRONIC_CREDENTIALS of the program. */
    readonly credentials: string,
  ) {}

  static async start(): Promise<FakeIronic> {
    const generated = await generateCredentials({
      ironicIP: "127.0.0.1",
      generation: 1,
      caValidityYears: 1,
      certificateValidityYears: 1,
    });
    const made = ironicCredentials.parse({ ...generated, startedAt: "", finishedAt: "" });
    const basic = `Basic ${Buffer.from(`${made.username}:${made.password}`).toString("base64")}`;
    const server = https.createServer(
      { cert: made.tlsCertificate, key: made.tlsKey },
      (request, response) => {
        if (request.headers.authorization !== basic) {
          response.writeHead(401).end();
          return;
        }
        response.setHeader("content-type", "application/json");
        response.end(JSON.stringify(ironic.page(new URL(request.url ?? "", "https://ironic"))));
      },
    );
    const ironic = new FakeIronic(server, JSON.stringify(made));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return ironic;
  }

  /** Base URL of its API. */
  get endpoint(): string {
    return `https://127.0.0.1:${(this.server.address() as AddressInfo).port}/v1/`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private page({ searchParams }: URL): { nodes: Partial<PlantedNode>[]; next?: string } {
    this.asked++;
    const fields = (searchParams.get("fields") ?? "").split(",");
    const begin = this.nodes.findIndex(({ uuid }) => uuid === searchParams.get("marker")) + 1;
    const nodes = this.nodes
      .slice(begin, begin + this.pageSize)
      .map((node) =>
        Object.fromEntries(
          Object.entries({ maintenance: false, maintenance_reason: null, last_error: null, ...node }).filter(
            ([field]) => fields.includes(field),
          ),
        ),
      );
    const more = begin + this.pageSize < this.nodes.length;
    return { nodes, ...(more ? { next: `${this.endpoint}nodes?marker=${nodes.at(-1)?.uuid}` } : {}) };
  }
}
