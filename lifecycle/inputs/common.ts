import { isIP } from "node:net";
import { z } from "zod";

/** Name of the Pulumi stack, which names a folder: letters, digits, dot, dash and underscore. */
export const stackName = z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9._-]*$/, "not a stack name");

/** Name of a Kubernetes object or namespace. */
export const objectName = z.string().regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, "not an RFC 1123 name");

/** An IPv4 or IPv6 address. */
export const ipAddress = z.string().refine((value) => isIP(value) !== 0, "not an IP address");

/** A number of seconds. */
export const seconds = z.number().positive();
