import { setTimeout as sleep } from "node:timers/promises";
import { Agent, fetch } from "undici";
import { bmcCredentials, type HostIdentity, rack, url } from "../../../lab/control/addresses";

/** How to reach Ironic: HTTPS endpoint, the certificate it shows, and a user of it. */
export interface IronicAccess {
  readonly endpoint: string;
  readonly certificate: string;
  readonly username: string;
  readonly password: string;
}

/** The fields of a node that the tests look at. */
export interface Node {
  readonly name: string;
  readonly uuid: string;
  readonly provision_state: string;
  readonly target_provision_state: string | null;
  readonly power_state: string | null;
  readonly last_error: string | null;
  readonly properties: Record<string, unknown>;
}

/** A failed call: HTTP status and what Ironic says. */
export class IronicError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** The verbs of the provisioning state machine that the tests use. */
export type Verb = "manage" | "inspect" | "provide" | "active" | "deleted" | "adopt";

/** What a deployment writes: the image and its checksum, and the config drive's content. */
export interface Deployment {
  readonly imageUrl: string;
  readonly sha256: string;
  readonly metaData: Record<string, string>;
  readonly userData: string;
}

/** A client of Ironic's API, for one endpoint. */
export class Ironic {
  private readonly dispatcher: Agent;

  constructor(private readonly access: IronicAccess) {
    this.dispatcher = new Agent({ connect: { ca: access.certificate }, connections: 4 });
  }

  /** One call. `credentials: false` leaves the user out. */
  async call<T>(method: string, path: string, body?: unknown, credentials = true): Promise<T> {
    const { endpoint, username, password } = this.access;
    const response = await fetch(`${endpoint}${path}`, {
      method,
      dispatcher: this.dispatcher,
      headers: {
        "X-OpenStack-Ironic-API-Version": "1.109",
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(credentials
          ? { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}` }
          : {}),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(60_000),
    });
    const text = await response.text();
    if (!response.ok) {
      throw new IronicError(response.status, `${method} ${path}: ${response.status} ${text.slice(0, 500)}`);
    }
    return (text === "" ? undefined : JSON.parse(text)) as T;
  }

  async nodes(): Promise<Node[]> {
    return (await this.call<{ nodes: Node[] }>("GET", "/v1/nodes?detail=true")).nodes;
  }

  node(name: string): Promise<Node> {
    return this.call("GET", `/v1/nodes/${name}`);
  }

  /** Enrols a host with the interfaces that the Bare Metal Operator chooses for Redfish with network boot. */
  async enrol(host: HostIdentity): Promise<Node> {
    const node = await this.call<Node>("POST", "/v1/nodes", {
      name: host.name,
      driver: "redfish",
      driver_info: {
        redfish_address: url(rack.bmc),
        redfish_system_id: new URL(host.redfishUrl).pathname,
        redfish_username: bmcCredentials.username,
        redfish_password: bmcCredentials.password,
      },
      boot_interface: "ipxe",
      deploy_interface: "direct",
      inspect_interface: "agent",
      automated_clean: true,
      properties: { capabilities: "boot_mode:uefi", cpu_arch: "x86_64" },
    });
    await this.call("POST", "/v1/ports", { node_uuid: node.uuid, address: host.mac, pxe_enabled: true });
    return node;
  }

  /** Names the image of the next deployment, or of one that is to be adopted. */
  async setImage(name: string, image: Pick<Deployment, "imageUrl" | "sha256">): Promise<void> {
    await this.call("PATCH", `/v1/nodes/${name}`, [
      {
        op: "add",
        path: "/instance_info",
        value: {
          image_source: image.imageUrl,
          image_os_hash_algo: "sha256",
          image_os_hash_value: image.sha256,
          image_checksum: image.sha256,
          image_disk_format: "raw",
          image_type: "whole-disk",
        },
      },
    ]);
  }

  /** Starts a transition. */
  async start(name: string, target: Verb, further: object = {}): Promise<void> {
    await this.call("PUT", `/v1/nodes/${name}/states/provision`, { target, ...further });
  }

  /** Deploys an image with a config drive made of meta data and user data. */
  async deploy(name: string, { imageUrl, sha256, metaData, userData }: Deployment): Promise<void> {
    await this.setImage(name, { imageUrl, sha256 });
    await this.start(name, "active", { configdrive: { meta_data: metaData, user_data: userData } });
  }

  /**
   * Waits until a node has reached one of the states. A state that ends in `failed` and is not among them fails at once
   * with Ironic's own words.
   */
  async reached(name: string, states: readonly string[], limitSeconds: number): Promise<Node> {
    const begin = Date.now();
    for (;;) {
      const node = await this.node(name);
      if (states.includes(node.provision_state)) return node;
      const failed = / failed$/.test(node.provision_state) || node.provision_state === "error";
      if (failed || Date.now() - begin > limitSeconds * 1000) {
        throw new Error(
          `${name}: waited ${Math.round((Date.now() - begin) / 1000)} s for "${states.join('" or "')}", is ` +
            `"${node.provision_state}" (power ${node.power_state ?? "unknown"}), last error: ${node.last_error ?? "none"}`,
        );
      }
      await sleep(500);
    }
  }
}
