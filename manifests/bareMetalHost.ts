import * as pulumi from "@pulumi/pulumi";
import type { BasicCredentials, HostConfig } from "../config/clusterConfig";
import { apiVersions, type KubernetesObject } from "./kubernetesObject";

/** Annotation of a host with its boot MAC address, from which the network data of its nodes are made. */
export const bootMacAnnotation = "metal3.io/boot-mac-address";

/** Credentials of one BMC whose parts may not be known yet. */
export type CredentialsInput = { readonly [Key in keyof BasicCredentials]: pulumi.Input<string> };

function secretName(host: HostConfig): string {
  return `${host.name}-bmc`;
}

/**
 * The Secret with a host's BMC credentials. They are in `data`: a cluster never gives `stringData` back, which would read
 * as drift.
 */
export function bmcSecret(
  host: HostConfig,
  namespace: string,
  { username, password }: CredentialsInput,
): KubernetesObject {
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: secretName(host), namespace },
    type: "Opaque",
    data: { username: base64(username), password: base64(password) },
  };
}

/** The BareMetalHost of a host of the inventory. */
export function bareMetalHost(host: HostConfig, namespace: string): KubernetesObject {
  return {
    apiVersion: apiVersions.bareMetalHost,
    kind: "BareMetalHost",
    metadata: {
      name: host.name,
      namespace,
      // Empty and false fields are left out: the operator drops them when it writes the host, which would read as drift.
      ...(Object.keys(host.labels).length ? { labels: { ...host.labels } } : {}),
      annotations: { [bootMacAnnotation]: host.bootMACAddress },
    },
    spec: {
      online: true,
      bootMACAddress: host.bootMACAddress,
      bootMode: host.bootMode,
      bmc: {
        address: host.bmcAddress,
        credentialsName: secretName(host),
        ...(host.disableCertificateVerification ? { disableCertificateVerification: true } : {}),
      },
      automatedCleaningMode: "metadata",
      ...(host.rootDeviceHints ? { rootDeviceHints: { ...host.rootDeviceHints } } : {}),
    },
  };
}

function base64(text: pulumi.Input<string>): pulumi.Output<string> {
  return pulumi.secret(text).apply((plain) => Buffer.from(plain, "utf8").toString("base64"));
}
