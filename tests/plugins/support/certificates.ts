import "reflect-metadata";
import { webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";

/** A certificate and its key, both PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** A certificate authority that lives as long as a test. */
export interface Authority extends KeyPair {
  /** Issues a certificate for a user (organization = group) or for a server on loopback. */
  issue(subject: string, server: boolean): Promise<KeyPair>;
}

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const LIFETIME_MS = 24 * 3_600 * 1_000;

/** Makes a certificate authority. */
export async function makeAuthority(): Promise<Authority> {
  x509.cryptoProvider.set(webcrypto as unknown as Crypto);
  const keys = await generate();
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    name: "CN=test-ca",
    keys,
    ...validity(),
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    ],
  });
  return {
    cert: root.toString("pem"),
    key: await pemOf(keys.privateKey),
    issue: async (subject, server) => {
      const own = await generate();
      const usage = server ? x509.ExtendedKeyUsage.serverAuth : x509.ExtendedKeyUsage.clientAuth;
      const leaf = await x509.X509CertificateGenerator.create({
        subject,
        issuer: root.subject,
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: ALGORITHM,
        ...validity(),
        extensions: [
          new x509.ExtendedKeyUsageExtension([usage]),
          new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
          ...(server
            ? [
                new x509.SubjectAlternativeNameExtension([
                  { type: "ip", value: "127.0.0.1" },
                  { type: "dns", value: "localhost" },
                ]),
              ]
            : []),
        ],
      });
      return { cert: leaf.toString("pem"), key: await pemOf(own.privateKey) };
    },
  };
}

function validity(): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + LIFETIME_MS) };
}

async function generate(): Promise<CryptoKeyPair> {
  return await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
}

async function pemOf(key: CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY");
}
