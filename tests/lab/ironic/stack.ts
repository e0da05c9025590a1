import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hash } from "bcryptjs";
import { localImages, rack } from "../../../lab/control/addresses";
import { containersWithLabel, docker, labelArguments, removeContainers } from "../../../lab/control/docker";
import { waitFor } from "../../../lab/control/probe";
import { createCertificates } from "../../../lifecycle/ironicCredentials/certificates";
import { Ironic, type IronicAccess } from "./api";

const images = {
  ironic: "quay.io/metal3-io/ironic:release-39.0",
  downloader: "quay.io/metal3-io/ironic-ipa-downloader:release-39.0",
} as const;

/** User and group of the official Ironic image. */
const ironicUser = "997:994";

const testLabel = "metal3-lab.test";
const testName = "ironic";
const sharedVolume = `${rack.name}-test-shared`;
const httpPort = 6180;
const apiPort = 6385;

/**
 * Ironic with its web server and DHCP as plain containers on the provisioning network, with the environment and the
 * mounts of the pod that the program makes: TLS, basic authentication, endpoint address. The database is a file in
 * Ironic's container.
 */
export class IronicStack {
  private constructor(
    private readonly folder: string,
    readonly access: IronicAccess,
  ) {}

  /** Starts the stack and waits until the API answers with credentials. */
  static async start(): Promise<IronicStack> {
    await IronicStack.removeLeftovers();
    const answered = await fetch(`http://${rack.ironic}:${httpPort}/`, {
      signal: AbortSignal.timeout(2_000),
    }).then(
      () => true,
      () => false,
    );
    if (answered)
      throw new Error(`somebody has ${rack.ironic} already: the test needs a lab without a cluster`);

    const folder = mkdtempSync(join(tmpdir(), "ironic-test-"));
    const password = "test-password";
    const certificates = await createCertificates({
      ironicIP: rack.ironic,
      caValidityYears: 1,
      certificateValidityYears: 1,
    });
    const files = {
      "tls.crt": certificates.tlsCertificate,
      "tls.key": certificates.tlsKey,
      htpasswd: `ironic:${await hash(password, 5)}\n`,
    };
    // Read by the container's user; the password is the test's own.
    chmodSync(folder, 0o755);
    for (const [name, content] of Object.entries(files))
      writeFileSync(join(folder, name), content, { mode: 0o644 });
    const stack = new IronicStack(folder, {
      endpoint: `https://${rack.ironic}:${apiPort}`,
      certificate: certificates.caCertificate,
      username: "ironic",
      password,
    });

    await docker(["volume", "create", ...labelArguments(rack.name), sharedVolume]);
    const shared = `--volume=${sharedVolume}:/shared`;
    await docker([
      "run",
      "--rm",
      "--user=0",
      shared,
      "--entrypoint=chown",
      images.ironic,
      ironicUser,
      "/shared",
    ]);
    await docker(["run", "--rm", shared, images.downloader]);
    // Stands for the pod: it has the address, the others share its network.
    await docker([
      ...["run", "--detach", "--init", `--name=${container("pod")}`, ...labels],
      ...[`--network=${rack.name}`, `--ip=${rack.ironic}`, localImages.base, "sleep", "infinity"],
    ]);
    await stack.run("httpd");
    await stack.run("dnsmasq", "--cap-add=NET_ADMIN", "--cap-add=NET_RAW");
    await stack.run("ironic");
    await stack.answering();
    return stack;
  }

  /** A client with the stack's credentials. */
  client(): Ironic {
    return new Ironic(this.access);
  }

  /** Puts an Ironic with an empty database in the place of the one that runs, as a pod does that is re-created. */
  async loseDatabase(): Promise<void> {
    await removeContainers([container("ironic")]);
    await this.run("ironic");
    await this.answering();
  }

  /** The end of a container's log, for error messages. */
  async logTail(name: "ironic" | "httpd" | "dnsmasq", lines = 30): Promise<string> {
    return docker(["logs", `--tail=${lines}`, container(name)]);
  }

  /** Removes everything the stack has made. */
  async stop(): Promise<void> {
    await IronicStack.removeLeftovers();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private static async removeLeftovers(): Promise<void> {
    const found = await containersWithLabel(`${testLabel}=${testName}`);
    await removeContainers(found.map(({ id }) => id));
    await docker(["volume", "rm", "--force", sharedVolume]);
  }

  private async run(role: "ironic" | "httpd" | "dnsmasq", ...privileges: string[]): Promise<void> {
    const environment = {
      PROVISIONING_IP: rack.ironic,
      HTTP_PORT: String(httpPort),
      IRONIC_REVERSE_PROXY_SETUP: "true",
      DHCP_RANGE: `${rack.dhcp.first},${rack.dhcp.last},255.255.255.0`,
    };
    await docker([
      ...["run", "--detach", "--init", `--name=${container(role)}`, ...labels, ...privileges],
      `--network=container:${container("pod")}`,
      ...Object.entries(environment).map(([key, value]) => `--env=${key}=${value}`),
      `--volume=${sharedVolume}:/shared`,
      `--volume=${this.folder}/tls.crt:/certs/ironic/tls.crt:ro`,
      `--volume=${this.folder}/tls.key:/certs/ironic/tls.key:ro`,
      `--volume=${this.folder}/htpasswd:/auth/ironic/htpasswd:ro`,
      images.ironic,
      `/bin/run${role}`,
    ]);
  }

  private async answering(): Promise<void> {
    const ironic = this.client();
    await waitFor(
      "the Ironic API",
      async () => {
        await ironic.nodes();
        // Without a conductor every request for a node is refused.
        const { drivers } = await ironic.call<{ drivers: { name: string }[] }>("GET", "/v1/drivers");
        return drivers.some(({ name }) => name === "redfish")
          ? undefined
          : "no conductor with the redfish driver";
      },
      { limitSeconds: 180, intervalSeconds: 0.5, evidence: () => this.logTail("ironic") },
    );
  }
}

const labels = labelArguments(rack.name, { [testLabel]: testName });

function container(role: string): string {
  return `${rack.name}-test-${role}`;
}
