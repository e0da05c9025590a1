import * as pulumi from "@pulumi/pulumi";
import ipaddr from "ipaddr.js";
import type { ClusterConfig } from "../config/clusterConfig";
import type { KubernetesObject } from "./kubernetesObject";

/** Namespace of the Ironic stack and of the Bare Metal Operator, which reads the stack's credentials from it. */
export const ironicNamespace = "baremetal-operator-system";

/** Ports of the stack on the endpoint address. */
export const ironicPorts = { api: 6385, http: 6180 } as const;

/** Names of the stack's objects; those that the operator's own manifest refers to are its names. */
export const ironicNames = {
  /** Deployment, and label `name` of its pods. */
  deployment: "ironic",
  /** Environment of the stack's containers. */
  environment: "ironic-bmo-configmap",
  /** Environment of the Bare Metal Operator. */
  operatorEnvironment: "ironic",
  keepalived: "ironic-keepalived",
  mariadb: "ironic-mariadb",
  /** Secrets. */
  credentials: "ironic-credentials",
  htpasswd: "ironic-htpasswd",
  caCertificate: "ironic-cacert",
  certificate: "ironic-cert",
  mariadbPassword: "mariadb-password",
} as const;

/** Database user; the database has the same name, which is the default of both images. */
const databaseUser = "ironic";

/** What the stack's settings are made from. */
export interface IronicSettingsArgs {
  readonly network: ClusterConfig["network"];
  readonly ironic: ClusterConfig["ironic"];
  /** Interface of the provisioning network on the nodes that may run the stack. */
  readonly provisioningInterface: string;
}

/** The stack's secrets; each may be an output that is not known yet. */
export interface IronicStackCredentials {
  readonly username: pulumi.Input<string>;
  readonly password: pulumi.Input<string>;
  /** `<username>:<bcrypt hash>`. */
  readonly htpasswd: pulumi.Input<string>;
  readonly mariadbPassword: pulumi.Input<string>;
  /** PEM. */
  readonly caCertificate: pulumi.Input<string>;
  /** PEM, with the endpoint address and 127.0.0.1 among its names. */
  readonly tlsCertificate: pulumi.Input<string>;
  /** PEM. */
  readonly tlsKey: pulumi.Input<string>;
}

/** Address as it stands in a URL. */
export function urlHost(address: string): string {
  return ipaddr.parse(address).kind() === "ipv6" ? `[${address}]` : address;
}

/** Base URL of the Ironic API. */
export function ironicEndpoint({ ironicIP }: Pick<ClusterConfig["network"], "ironicIP">): string {
  return `https://${urlHost(ironicIP)}:${ironicPorts.api}/v1/`;
}

/**
 * Environment of the stack's containers, with the keys of the official image
 * (https://github.com/metal3-io/ironic-image, README). The user's `extraConfig` comes last and wins.
 */
export function ironicEnvironment({
  network,
  ironic,
  provisioningInterface,
}: IronicSettingsArgs): Record<string, string> {
  const { start, end } = network.dhcpRange;
  return {
    PROVISIONING_IP: network.ironicIP,
    PROVISIONING_INTERFACE: provisioningInterface,
    HTTP_PORT: `${ironicPorts.http}`,
    IRONIC_ACCESS_PORT: `${ironicPorts.api}`,
    DHCP_RANGE: `${start},${end}`,
    // The web server terminates TLS and asks for the password; Ironic listens on a socket that only the pod reaches.
    IRONIC_REVERSE_PROXY_SETUP: "true",
    IRONIC_USE_MARIADB: "true",
    IRONIC_FAST_TRACK: "true",
    ...(ironic.kernelParams.trim() ? { IRONIC_KERNEL_PARAMS: ironic.kernelParams.trim() } : {}),
    ...Object.fromEntries(Object.entries(ironic.extraConfig).sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

/**
 * Template of keepalived's configuration, mounted over the image's own; the image replaces the two words in capitals.
 *
 * Unlike the image's, it takes a router id, and it never takes the address from a stack that still holds it: all are equal
 * (`priority`), start as backup and do not preempt.
 */
export function keepalivedTemplate(virtualRouterId: number): string {
  return `global_defs {
    vrrp_version 3
}

vrrp_instance ironic_endpoint {
    state BACKUP
    nopreempt
    interface INTERFACE
    virtual_router_id ${virtualRouterId}
    priority 100
    advert_int 0.5
    garp_master_delay 1
    virtual_ipaddress {
        CHANGEIP
    }
}
`;
}

/** Addition to the database's configuration: reachable inside the pod's node alone, and no work for a disk it will not outlive. */
export const mariadbConfiguration = `[mysqld]
bind_address = 127.0.0.1
innodb_flush_log_at_trx_commit = 0
innodb_doublewrite = 0
`;

/** ConfigMaps of the stack, and that of the operator's environment. */
export function ironicConfigMaps(args: IronicSettingsArgs): KubernetesObject[] {
  return [
    configMap(ironicNames.environment, ironicEnvironment(args)),
    configMap(ironicNames.keepalived, { "keepalived.conf": keepalivedTemplate(args.ironic.virtualRouterId) }),
    configMap(ironicNames.mariadb, { "pod.cnf": mariadbConfiguration }),
    // Without DEPLOY_KERNEL_URL and DEPLOY_RAMDISK_URL, Ironic takes the RAM disk that the pod has downloaded.
    configMap(ironicNames.operatorEnvironment, { IRONIC_ENDPOINT: ironicEndpoint(args.network) }),
  ];
}

/** Secrets of the stack; `ironic-credentials` and `ironic-cacert` are those that the operator's manifest mounts. */
export function ironicSecrets(credentials: IronicStackCredentials): KubernetesObject[] {
  const { username, password, htpasswd, mariadbPassword, caCertificate, tlsCertificate, tlsKey } =
    credentials;
  return [
    secret(ironicNames.credentials, "Opaque", { username, password }),
    secret(ironicNames.htpasswd, "Opaque", { htpasswd }),
    secret(ironicNames.caCertificate, "Opaque", { "tls.crt": caCertificate }),
    secret(ironicNames.certificate, "kubernetes.io/tls", { "tls.crt": tlsCertificate, "tls.key": tlsKey }),
    secret(ironicNames.mariadbPassword, "Opaque", { username: databaseUser, password: mariadbPassword }),
  ];
}

function configMap(name: string, data: Readonly<Record<string, string>>): KubernetesObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: ironicNamespace }, data };
}

/** In `data`, because a cluster never gives `stringData` back, which would read as drift. */
function secret(
  name: string,
  type: string,
  values: Readonly<Record<string, pulumi.Input<string>>>,
): KubernetesObject {
  const data = Object.fromEntries(Object.entries(values).map(([key, value]) => [key, base64(value)]));
  return { apiVersion: "v1", kind: "Secret", metadata: { name, namespace: ironicNamespace }, type, data };
}

function base64(text: pulumi.Input<string>): pulumi.Output<string> {
  return pulumi.secret(text).apply((plain) => Buffer.from(plain, "utf8").toString("base64"));
}
