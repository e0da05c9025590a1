import { z } from "zod";
import { ipAddress, objectName, stackName } from "./common";
import { providerVersions } from "./providersInit";

/** Input of `preflight`. Secret: BMC_CREDENTIALS, JSON, host name to `{username, password}`. */
export const preflightInput = z.strictObject({
  stack: stackName,
  /** Container network of the bootstrap cluster, and the provisioning network's CIDR that it must have. */
  network: z.strictObject({ name: z.string().min(1), cidr: z.string().min(1) }),
  /** kind's name of the bootstrap cluster. */
  kindName: objectName,
  /** Addresses that nobody may hold before the first run, with the port that the stack opens there, by property path. */
  freeAddresses: z.array(
    z.strictObject({ path: z.string(), address: ipAddress, port: z.number().int().positive() }),
  ),
  versions: providerVersions.extend({ baremetalOperator: z.string().optional() }),
  /** Image of the hosts. */
  image: z.strictObject({ url: z.url(), checksum: z.string().min(1) }),
  hosts: z.array(
    z.strictObject({
      name: objectName,
      /** As in a BareMetalHost: "redfish+http://10.0.0.5:8000/redfish/v1/Systems/1". */
      bmcAddress: z.string().min(1),
      disableCertificateVerification: z.boolean().default(false),
    }),
  ),
  /** Memory that must be available on this machine for the bootstrap cluster, MiB. Default 3072. */
  memoryMiB: z.number().nonnegative().default(3072),
  /** Disk space that must be available to the container engine, MiB. Default 8192. */
  diskMiB: z.number().nonnegative().default(8192),
});

/** Input of `preflight`, as a caller writes it. */
export type PreflightInput = z.input<typeof preflightInput>;

/** Secret BMC_CREDENTIALS. */
export const bmcCredentialsByHost = z.record(
  z.string(),
  z.object({ username: z.string(), password: z.string() }),
);

/** Result of `preflight`. */
export interface PreflightResult {
  /** Names of the checks that were made. */
  readonly checks: readonly string[];
  readonly bmcs: GoodBmcs;
}

/** BMCs that were found good. */
export interface GoodBmcs {
  /** What all fingerprints are salted with, hexadecimal. */
  readonly salt: string;
  /** One for each host: of its name, BMC address and login. */
  readonly fingerprints: readonly string[];
}
