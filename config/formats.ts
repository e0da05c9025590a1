import * as z from "zod";
import { parseAddress, parseNetwork } from "./addresses";

/**
 * The formats of single values. Every refusal carries its remedy in `params.remedy` (see issues.ts).
 */

/** A string that a predicate accepts; `reason` says what is wrong with one that it refuses. */
function text(accepts: (value: string) => boolean, reason: string, remedy: string) {
  return z.string().refine(accepts, { error: reason, params: { remedy } });
}

/** RFC 1123 label of at most `longest` characters. */
export function label(longest: number) {
  return text(
    (value) => value.length <= longest && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(value),
    "is not a valid name",
    `Use lower-case letters, digits and "-", beginning and ending with a letter or digit, at most ${longest} characters.`,
  );
}

export const ipAddress = text(
  (value) => parseAddress(value) !== undefined,
  "is not an IPv4 address",
  'Write an address such as "172.22.0.2".',
);

export const cidr = text(
  (value) => parseNetwork(value) !== undefined,
  "is not an IPv4 network in CIDR form",
  'Write the first address of the network and its prefix length, such as "172.22.0.0/24".',
);

export const macAddress = text(
  (value) => /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(value),
  "is not a MAC address",
  'Write six pairs of hexadecimal digits with colons, such as "52:54:00:aa:00:01".',
).transform((value) => value.toLowerCase());

/** Schemes of the Bare Metal Operator's Redfish, iDRAC, iLO and IPMI drivers. */
const redfishDrivers = [
  "redfish",
  "redfish-virtualmedia",
  "redfish-uefihttp",
  "idrac-redfish",
  "idrac-virtualmedia",
  "ilo5-redfish",
  "ilo5-virtualmedia",
];
const bmcSchemes = new Set([
  ...redfishDrivers.flatMap((driver) => [driver, `${driver}+http`, `${driver}+https`]),
  "ipmi",
  "libvirt",
]);

export const bmcAddress = text(
  (value) => {
    const url = parseURL(value);
    return (
      url !== undefined &&
      bmcSchemes.has(url.protocol.slice(0, -1)) &&
      url.host !== "" &&
      !hasCredentials(url) &&
      (url.protocol === "ipmi:" || url.protocol === "libvirt:" || url.pathname.length > 1)
    );
  },
  "is not a BMC address that the Bare Metal Operator knows",
  'Write the driver, the BMC and the system, such as "redfish://10.0.0.5/redfish/v1/Systems/1", without credentials.',
);

/** Absolute http or https URL without credentials. */
export const httpURL = text(
  isHttpURL,
  "is not an http or https URL",
  'Write an absolute URL such as "http://172.22.0.3:5000", without credentials.',
);

/** True for an absolute http or https URL without credentials. */
export function isHttpURL(value: string): boolean {
  const url = parseURL(value);
  return url !== undefined && /^https?:$/.test(url.protocol) && url.host !== "" && !hasCredentials(url);
}

export const semanticVersion = text(
  (value) => /^v(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?$/.test(value),
  "is not a version",
  'Write "v" and three numbers, such as "v1.34.4".',
);

export const imageReference = text(
  (value) => /^[a-z0-9][a-zA-Z0-9.:/_-]*(:[\w][\w.-]{0,127}|@sha256:[0-9a-f]{64})$/.test(value),
  "is not a container image with a tag or digest",
  'Write the whole name, such as "quay.io/metal3-io/ironic:release-39.0".',
);

export const interfaceName = text(
  (value) => /^[a-zA-Z][a-zA-Z0-9._-]{0,14}$/.test(value),
  "is not the name of a network interface",
  'Write at most 15 letters, digits, ".", "_" and "-", beginning with a letter, such as "eth0".',
);

export const registryHost = text(
  (value) => /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?$/.test(value),
  "is not a registry host",
  'Write the part of an image name before the first "/", such as "registry.k8s.io".',
);

export const ironicOption = text(
  (value) => /^OS_[A-Z0-9_]+__[A-Z0-9_]+$/.test(value),
  "is not the environment form of an option of ironic.conf",
  'Write OS_<SECTION>__<OPTION>, such as "OS_CONDUCTOR__SYNC_POWER_STATE_INTERVAL".',
);

const qualifiedName = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;

export const labelKey = text(
  (value) => value.length <= 253 && qualifiedName.test(value),
  "is not a Kubernetes label key",
  'Write a name of at most 63 characters with an optional DNS prefix, such as "example.com/rack".',
);

export const labelValue = text(
  (value) => value === "" || /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/.test(value),
  "is not a Kubernetes label value",
  'Use at most 63 letters, digits, ".", "_" and "-", beginning and ending with a letter or digit.',
);

/** A path inside the project. */
export const projectPath = text(
  (value) => value !== "" && !value.includes("\0"),
  "is not a path",
  "Write a path relative to the project.",
);

/** A path inside the project that differs from host to host. */
export const hostPath = text(
  (value) => value.includes("${HOST}") && !value.includes("\0"),
  "is not a path with ${HOST} in it",
  'Write a path relative to the project, with "${HOST}" for the name of the host.',
);

/** A whole number from `least` to `most`. */
export function wholeNumber(least: number, most: number) {
  return z.number().refine((value) => Number.isInteger(value) && value >= least && value <= most, {
    error: "is out of range",
    params: {
      remedy:
        most === Number.MAX_SAFE_INTEGER
          ? `Write a whole number of at least ${least}.`
          : `Write a whole number from ${least} to ${most}.`,
    },
  });
}

/** The parsed URL, or nothing. */
export function parseURL(value: string): URL | undefined {
  try {
    return new URL(value);
  } catch {
    return undefined;
  }
}

function hasCredentials(url: URL): boolean {
  return url.username !== "" || url.password !== "" || url.host.includes("@");
}
