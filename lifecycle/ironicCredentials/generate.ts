import { randomBytes } from "node:crypto";
import bcrypt from "bcryptjs";
import type { IronicCredentialsResult } from "../inputs/ironicCredentials";
import { createCertificates } from "./certificates";

/**
 * bcrypt's work factor. Every request of the Bare Metal Operator pays for it, and it protects nothing here:
 * the password is 256 random bits, not something a person made up.
 */
const bcryptRounds = 5;

/** User name of the Bare Metal Operator at Ironic. */
const username = "ironic";

/** What {@link generateCredentials} needs to know. */
export interface CredentialsRequest {
  readonly ironicIP: string;
  readonly generation: number;
  readonly caValidityYears: number;
  readonly certificateValidityYears: number;
}

/** Makes a new set of credentials and certificates. */
export async function generateCredentials(
  request: CredentialsRequest,
): Promise<Omit<IronicCredentialsResult, "startedAt" | "finishedAt">> {
  const password = randomPassword();
  return {
    username,
    password,
    htpasswd: htpasswdLine(username, password),
    mariadbPassword: randomPassword(),
    ...(await createCertificates(request)),
    ironicIP: request.ironicIP,
    generation: request.generation,
  };
}

/** 256 random bits in letters, digits, dash and underscore: nothing that a shell, an INI file or a URL could misread. */
function randomPassword(): string {
  return randomBytes(32).toString("base64url");
}

/** A line of an htpasswd file. Apache and Ironic's own middleware both insist on the "2y" name of bcrypt. */
export function htpasswdLine(user: string, password: string): string {
  return `${user}:${bcrypt.hashSync(password, bcryptRounds).replace(/^\$2[ab]\$/, "$2y$")}`;
}
