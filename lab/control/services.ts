import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hash } from "bcryptjs";
import { bmcCredentials, type HostIdentity, localImages, type Rack, url } from "./addresses";
import { docker, inspectContainer, labelArguments, removeContainers } from "./docker";
import type { LabFiles } from "./files";
import { type Finding, waitFor } from "./probe";

/** Label key: hash of everything a service's container was made from. */
const definitionLabel = "metal3-lab.definition";

/** A service of the rack: one container with a fixed address. */
export interface Service {
  readonly name: "registry" | "image-server" | "bmc";
  readonly address: string;
  /** Further arguments of `docker run`. */
  readonly options: readonly string[];
  readonly command: readonly string[];
  /** Generated files the container mounts, by absolute path. */
  readonly config: Readonly<Record<string, string>>;
  /** A finding until the service answers as its users need it. */
  readonly probe: () => Promise<Finding>;
}

/** Settings of the services that differ from lab to lab. */
export interface ServiceSettings {
  /** Seconds a BMC takes for a power change, a number or a range such as `1-11`. Default 0. */
  readonly bmcPowerDelay?: string;
}

/** The rack's services, as they are to run. Pure but for the reading of nothing: the password hash is added on start. */
export function services(
  rack: Rack,
  files: LabFiles,
  hosts: readonly HostIdentity[],
  settings: ServiceSettings = {},
): readonly Service[] {
  const conf = (name: string): string => join(files.services, name);
  return [
    {
      name: "registry",
      address: rack.registry.address,
      options: [
        `--volume=${files.registry}:/var/lib/registry`,
        `--volume=${conf("registry.yml")}:/etc/registry.yml:ro`,
      ],
      command: ["docker-registry", "serve", "/etc/registry.yml"],
      config: { [conf("registry.yml")]: registryConfig(rack) },
      probe: () => answers(`${url(rack.registry)}/v2/`, 200),
    },
    {
      name: "image-server",
      address: rack.imageServer.address,
      options: [
        `--volume=${files.osImages}:/srv/images:ro`,
        `--volume=${conf("nginx.conf")}:/etc/nginx/nginx.conf:ro`,
      ],
      command: ["nginx", "-g", "daemon off;"],
      config: { [conf("nginx.conf")]: imageServerConfig(rack) },
      probe: () => answers(`${url(rack.imageServer)}/`, 200),
    },
    {
      name: "bmc",
      address: rack.bmc.address,
      options: [
        `--volume=${files.bmcState}:/state`,
        `--volume=${files.faults}:/faults:ro`,
        `--volume=${conf("bmc.conf")}:/etc/bmc/bmc.conf:ro`,
        `--volume=${conf("htpasswd")}:/etc/bmc/htpasswd:ro`,
        "--env=SUSHY_EMULATOR_CONFIG=/etc/bmc/bmc.conf",
        "--env=PYTHONUNBUFFERED=1",
        `--env=BMC_POWER_DELAY_SECONDS=${settings.bmcPowerDelay ?? "0"}`,
      ],
      command: ["/opt/bmc/bin/python", "/opt/bmc/lab_bmc.py"],
      config: { [conf("bmc.conf")]: bmcConfig(rack, hosts) },
      probe: () => answers(`${url(rack.bmc)}/redfish/v1/`, 200),
    },
  ];
}

/** Starts what does not run as it should and waits until everything answers. */
export async function ensureServices(
  rack: Rack,
  files: LabFiles,
  wanted: readonly Service[],
  progress: (line: string) => void,
): Promise<void> {
  for (const folder of [files.registry, files.osImages, files.services, files.bmcState, files.faults]) {
    mkdirSync(folder, { recursive: true });
  }
  const image = await docker(["image", "inspect", "--format={{.Id}}", localImages.services]).catch(() => {
    throw new Error(`the image ${localImages.services} is missing; "make setup" builds it`);
  });
  await Promise.all(
    wanted.map(async (service) => {
      const container = containerName(rack, service.name);
      const definition = createHash("sha256")
        .update(JSON.stringify([image, service.options, service.command, service.config, service.address]))
        .digest("hex");
      const found = await inspectContainer(container);
      if (!found?.running || found.labels[definitionLabel] !== definition) {
        await writeConfig(files, service);
        await removeContainers([container]);
        await docker([
          ...["run", "--detach", "--init", `--name=${container}`, `--hostname=${service.name}`],
          ...[`--network=${rack.name}`, `--ip=${service.address}`, "--restart=unless-stopped"],
          ...labelArguments(rack.name, { [definitionLabel]: definition }),
          ...service.options,
          localImages.services,
          ...service.command,
        ]);
      }
      await waitFor(`the ${service.name} at ${service.address}`, service.probe, {
        limitSeconds: 60,
        progress,
        evidence: () => docker(["logs", "--tail=20", container]),
      });
    }),
  );
}

/** Name of a service's container. */
export function containerName(rack: Rack, service: Service["name"]): string {
  return `${rack.name}-${service}`;
}

async function writeConfig(files: LabFiles, service: Service): Promise<void> {
  for (const [path, content] of Object.entries(service.config)) writeFileSync(path, content);
  if (service.name === "bmc") {
    const digest = await hash(bmcCredentials.password, 5);
    writeFileSync(join(files.services, "htpasswd"), `${bmcCredentials.username}:${digest}\n`, {
      mode: 0o600,
    });
  }
}

async function answers(address: string, status: number): Promise<Finding> {
  const response = await fetch(address, { signal: AbortSignal.timeout(5_000) });
  await response.arrayBuffer();
  return response.status === status ? undefined : `${address} answered ${response.status}`;
}

function registryConfig(rack: Rack): string {
  return `version: 0.1
log: { level: warn }
storage:
  filesystem: { rootdirectory: /var/lib/registry }
  delete: { enabled: true }
http: { addr: ":${rack.registry.port}" }
`;
}

function imageServerConfig(rack: Rack): string {
  return `user root;
worker_processes 1;
error_log /dev/stderr;
pid /run/nginx.pid;
events {}
http {
  access_log /dev/stdout;
  default_type application/octet-stream;
  sendfile on;
  server {
    listen ${rack.imageServer.port};
    root /srv/images;
    autoindex on;
  }
}
`;
}

function bmcConfig(rack: Rack, hosts: readonly HostIdentity[]): string {
  const systems = hosts.map(
    (host) =>
      `    {"uuid": "${host.systemId}", "name": "${host.name}", "power_state": "Off", "external_notifier": True, ` +
      `"nics": [{"mac": "${host.mac}", "ip": ""}]},`,
  );
  return `SUSHY_EMULATOR_LISTEN_IP = "0.0.0.0"
SUSHY_EMULATOR_LISTEN_PORT = ${rack.bmc.port}
SUSHY_EMULATOR_FAKE_DRIVER = True
SUSHY_EMULATOR_AUTH_FILE = "/etc/bmc/htpasswd"
SUSHY_EMULATOR_STATE_DIR = "/state"
EXTERNAL_NOTIFICATION_URL = "${url(rack.powerController)}"
SUSHY_EMULATOR_FAKE_SYSTEMS = [
${systems.join("\n")}
]
`;
}
