import { webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";

/** What {@link createCertificates} makes; PEM. */
export interface Certificates {
  readonly caCertificate: string;
  readonly tlsCertificate: string;
  readonly tlsKey: string;
}

/** Names and validity of the certificates. */
export interface CertificateRequest {
  readonly ironicIP: string;
  readonly caValidityYears: number;
  readonly certificateValidityYears: number;
}

const keyAlgorithm = { name: "ECDSA", namedCurve: "P-256" } as const;
const signingAlgorithm = { name: "ECDSA", hash: "SHA-256" } as const;
const yearInMilliseconds = 365.25 * 24 * 3600 * 1000;
/** Hosts that have just booted may have a clock that is behind. */
const backdatingMilliseconds = 24 * 3600 * 1000;

/** Service name under which clients inside a cluster may reach Ironic. */
const serviceName = "ironic.baremetal-operator-system.svc";

/**
 * Makes a certificate authority and a server certificate for the Ironic endpoint.
 *
 * The authority's key is thrown away: what it signed is replaced together with it, by another generation.
 */
export async function createCertificates(request: CertificateRequest): Promise<Certificates> {
  // Narrowed, because the library is typed against the browser's Crypto.
  const crypto = webcrypto as unknown as Crypto;
  x509.cryptoProvider.set(crypto);
  const caKeys = await crypto.subtle.generateKey(keyAlgorithm, false, ["sign", "verify"]);
  const serverKeys = await crypto.subtle.generateKey(keyAlgorithm, true, ["sign", "verify"]);
  const notBefore = new Date(Date.now() - backdatingMilliseconds);
  const notAfter = (years: number) => new Date(Date.now() + years * yearInMilliseconds);

  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    name: "CN=Ironic CA",
    notBefore,
    notAfter: notAfter(request.caValidityYears),
    keys: caKeys,
    signingAlgorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(caKeys.publicKey, false, crypto),
    ],
  });
  const server = await x509.X509CertificateGenerator.create({
    subject: `CN=${serviceName}`,
    issuer: ca.subject,
    notBefore,
    notAfter: notAfter(request.certificateValidityYears),
    publicKey: serverKeys.publicKey,
    signingKey: caKeys.privateKey,
    signingAlgorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([
        { type: "ip", value: request.ironicIP },
        { type: "ip", value: "127.0.0.1" },
        { type: "dns", value: "localhost" },
        { type: "dns", value: serviceName },
      ]),
      await x509.AuthorityKeyIdentifierExtension.create(ca, false, crypto),
    ],
  });
  const key = await crypto.subtle.exportKey("pkcs8", serverKeys.privateKey);
  return {
    caCertificate: pemText(ca.toString("pem")),
    tlsCertificate: pemText(server.toString("pem")),
    tlsKey: pemText(x509.PemConverter.encode(key, "PRIVATE KEY")),
  };
}

/** PEM with the line end that some readers require. */
function pemText(pem: string): string {
  return pem.endsWith("\n") ? pem : `${pem}\n`;
}
