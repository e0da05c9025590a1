import { X509Certificate } from "node:crypto";
import bcrypt from "bcryptjs";
import { describe, expect, it } from "vitest";
import { ironicCredentials } from "../../../lifecycle/inputs/ironicCredentials";
import { generateCredentials } from "../../../lifecycle/ironicCredentials/generate";
import { previousCredentials } from "../../../lifecycle/ironicCredentials/verb";
import { createDiscover, parseOffer } from "../../../lifecycle/ironicHandover/dhcp";
import { onLinkInterface } from "../../../lifecycle/ironicHandover/probes";

const request = { ironicIP: "172.22.0.2", generation: 3, caValidityYears: 10, certificateValidityYears: 2 };

describe("ironic-credentials", () => {
  it("makes passwords that open the htpasswd line, and a certificate for the endpoint", async () => {
    const made = await generateCredentials(request);
    const [user, hash] = made.htpasswd.split(":");
    expect(user).toBe(made.username);
    expect(hash).toMatch(/^\$2y\$/);
    expect(bcrypt.compareSync(made.password, (hash ?? "").replace("$2y$", "$2b$"))).toBe(true);
    const [ca, server] = [new X509Certificate(made.caCertificate), new X509Certificate(made.tlsCertificate)];
    expect(server.verify(ca.publicKey)).toBe(true);
    expect(server.checkIP("172.22.0.2")).toBe("172.22.0.2");
    expect(server.checkIP("127.0.0.1")).toBe("127.0.0.1");
    expect(server.checkHost("localhost")).toBe("localhost");
    expect(server.ca).toBe(false);
    expect(ca.ca).toBe(true);
    expect(made.tlsKey).toContain("BEGIN PRIVATE KEY");
    expect(new Date(server.validTo).getFullYear() - new Date().getFullYear()).toBeGreaterThanOrEqual(1);
  });

  it("keeps what it made until the generation or the address changes", async () => {
    const result = { ...(await generateCredentials(request)), startedAt: "a", finishedAt: "b" };
    const previous = JSON.stringify(ironicCredentials.parse(result));
    expect(previousCredentials(previous, request)).toEqual(result);
    expect(previousCredentials(previous, { ...request, generation: 4 })).toBeUndefined();
    expect(previousCredentials(previous, { ...request, ironicIP: "172.22.0.9" })).toBeUndefined();
    expect(previousCredentials(undefined, request)).toBeUndefined();
    expect(previousCredentials("garbage", request)).toBeUndefined();
  });
});

function offerTo(transactionID: number, type = 2): Buffer {
  const packet = Buffer.alloc(260);
  packet.writeUInt8(2, 0);
  packet.writeUInt32BE(transactionID, 4);
  Buffer.from([172, 22, 0, 101]).copy(packet, 16);
  Buffer.from([172, 22, 0, 2]).copy(packet, 20);
  Buffer.from([99, 130, 83, 99, 0, 53, 1, type, 54, 4, 172, 22, 0, 2, 255]).copy(packet, 236);
  return packet;
}

describe("the DHCP probe", () => {
  it("asks as RFC 2131 wants it: by broadcast, from a locally administered MAC", () => {
    const { packet, transactionID } = createDiscover();
    expect(packet.readUInt32BE(4)).toBe(transactionID);
    expect(packet.readUInt16BE(10)).toBe(0x8000);
    expect((packet[28] ?? 0) & 0x03).toBe(0x02);
    expect([...packet.subarray(236, 243)]).toEqual([99, 130, 83, 99, 53, 1, 1]);
    expect(packet.length).toBeGreaterThanOrEqual(300);
  });
  it("reads an offer to it, and nothing else", () => {
    expect(parseOffer(offerTo(7), 7)).toEqual({
      address: "172.22.0.101",
      server: "172.22.0.2",
      nextServer: "172.22.0.2",
    });
    expect(parseOffer(offerTo(7), 8)).toBeUndefined();
    expect(parseOffer(offerTo(7, 5), 7)).toBeUndefined();
    expect(parseOffer(createDiscover().packet, 7)).toBeUndefined();
    expect(parseOffer(Buffer.alloc(3), 7)).toBeUndefined();
  });
});

describe("onLinkInterface", () => {
  const interfaces = {
    lo: [
      {
        address: "127.0.0.1",
        netmask: "255.0.0.0",
        family: "IPv4" as const,
        mac: "",
        internal: true,
        cidr: "127.0.0.1/8",
      },
    ],
    br0: [
      {
        address: "172.22.0.1",
        netmask: "255.255.255.0",
        family: "IPv4" as const,
        mac: "",
        internal: false,
        cidr: "172.22.0.1/24",
      },
    ],
  };
  it("finds the interface of a network", () => {
    expect(onLinkInterface("172.22.0.2", interfaces)).toEqual({
      name: "br0",
      address: "172.22.0.1",
      broadcast: "172.22.0.255",
    });
    expect(onLinkInterface("10.0.0.1", interfaces)).toBeUndefined();
    expect(onLinkInterface("fd00::1", interfaces)).toBeUndefined();
  });
});
