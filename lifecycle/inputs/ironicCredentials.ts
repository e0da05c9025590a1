import { z } from "zod";
import { ipAddress } from "./common";

/** Input of `ironic-credentials`. */
export const ironicCredentialsInput = z.strictObject({
  /** Ironic endpoint address, which the server certificate names. */
  ironicIP: ipAddress,
  /** Another value makes new credentials and certificates; the same keeps what was made. */
  generation: z.number().int(),
  /** Validity of the certificate authority. Default 10 years. */
  caValidityYears: z.number().positive().default(10),
  /** Validity of the server certificate. Default 2 years. */
  certificateValidityYears: z.number().positive().default(2),
});

/** Input of `ironic-credentials`, as a caller writes it. */
export type IronicCredentialsInput = z.input<typeof ironicCredentialsInput>;

/** Ironic's credentials: the result of `ironic-credentials`, and IRONIC_CREDENTIALS of other verbs. All of it is secret. */
export const ironicCredentials = z.object({
  username: z.string().min(1),
  password: z.string().min(1),
  /** One line for an htpasswd file, bcrypt. */
  htpasswd: z.string().min(1),
  mariadbPassword: z.string().min(1),
  /** PEM. */
  caCertificate: z.string().min(1),
  /** PEM, signed by the CA; for the endpoint address, 127.0.0.1, localhost and the service name. */
  tlsCertificate: z.string().min(1),
  /** PEM, PKCS #8. */
  tlsKey: z.string().min(1),
  /** `ironicIP` and `generation` of the input that this was made for. */
  ironicIP: z.string(),
  generation: z.number(),
  /** When it was made (ISO 8601). A later run that keeps it prints the same, so nothing that depends on it changes. */
  startedAt: z.string(),
  finishedAt: z.string(),
});

/** See {@link ironicCredentials}. */
export type IronicCredentialsResult = z.output<typeof ironicCredentials>;
