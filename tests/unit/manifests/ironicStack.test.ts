import * as pulumi from "@pulumi/pulumi";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ironicEndpoint, ironicEnvironment, keepalivedTemplate } from "../../../manifests/ironicSettings";
import {
  type IronicStackObjectsArgs,
  ironicStackObjects,
  podAnnotations,
} from "../../../manifests/ironicStack";
import type { KubernetesObject } from "../../../manifests/kubernetesObject";

const secrets = {
  username: "ironic-user",
  password: "p-api",
  htpasswd: "ironic-user:$2b$05$hash",
  mariadbPassword: "p-db",
  caCertificate: "CA PEM",
  tlsCertificate: "CERT PEM",
  tlsKey: "KEY PEM",
};

const args: IronicStackObjectsArgs = {
  network: {
    cidr: "172.22.0.0/24",
    gateway: "172.22.0.1",
    nameservers: [],
    bootstrapInterface: "eth0",
    targetInterface: "eth1",
    ironicIP: "172.22.0.2",
    dhcpRange: { start: "172.22.0.100", end: "172.22.0.149" },
    nodeRange: { start: "172.22.0.20", end: "172.22.0.49" },
  },
  ironic: {
    images: {
      ironic: "registry.example/ironic:1",
      mariadb: "registry.example/mariadb:2",
      keepalived: "registry.example/keepalived:3",
      ipaDownloader: "registry.example/downloader:4",
    },
    virtualRouterId: 42,
    apiVirtualRouterId: 43,
    extraConfig: {},
    kernelParams: "",
    credentialsGeneration: 1,
  },
  provisioningInterface: "eth0",
  onControlPlane: true,
  credentials: secrets,
};

interface Mount {
  readonly name: string;
  readonly mountPath: string;
  readonly readOnly?: boolean;
  readonly subPath?: string;
}

interface Container {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly volumeMounts: readonly Mount[];
  readonly envFrom?: readonly { readonly configMapRef: { readonly name: string } }[];
  readonly [field: string]: unknown;
}

interface Volume {
  readonly name: string;
  readonly secret?: { readonly secretName: string };
  readonly configMap?: { readonly name: string };
  readonly emptyDir?: unknown;
}

interface PodTemplate {
  readonly metadata: {
    readonly labels: Record<string, string>;
    readonly annotations: Record<string, string>;
  };
  readonly spec: {
    readonly containers: readonly Container[];
    readonly initContainers: readonly Container[];
    readonly volumes: readonly Volume[];
    readonly nodeSelector?: Record<string, string>;
    readonly [field: string]: unknown;
  };
}

function podTemplate(deployment: KubernetesObject): PodTemplate {
  return (deployment["spec"] as { template: PodTemplate }).template;
}

function settings(kind: string, changed: IronicStackObjectsArgs = args): KubernetesObject[] {
  return ironicStackObjects(changed).settings.filter((object) => object.kind === kind);
}

function withIronic(change: Partial<IronicStackObjectsArgs["ironic"]>): IronicStackObjectsArgs {
  return { ...args, ironic: { ...args.ironic, ...change } };
}

/** Waits for all outputs inside; also says whether any of them is secret. */
async function resolved<T>(value: unknown): Promise<{ value: T; secret: boolean }> {
  const output = pulumi.output(value) as pulumi.Output<T> & { isSecret: Promise<boolean> };
  return { value: await new Promise<T>((resolve) => output.apply(resolve)), secret: await output.isSecret };
}

describe("ironicEnvironment", () => {
  it("has the keys that the official image reads", () => {
    expect(ironicEnvironment(args)).toEqual({
      PROVISIONING_IP: "172.22.0.2",
      PROVISIONING_INTERFACE: "eth0",
      HTTP_PORT: "6180",
      IRONIC_ACCESS_PORT: "6385",
      DHCP_RANGE: "172.22.0.100,172.22.0.149",
      IRONIC_REVERSE_PROXY_SETUP: "true",
      IRONIC_USE_MARIADB: "true",
      IRONIC_FAST_TRACK: "true",
    });
  });

  it("passes kernel parameters on, and lets the user's own options win", () => {
    const environment = ironicEnvironment(
      withIronic({ kernelParams: " console=ttyS0 ", extraConfig: { OS_API__API_WORKERS: "1" } }),
    );
    expect(environment).toMatchObject({ IRONIC_KERNEL_PARAMS: "console=ttyS0", OS_API__API_WORKERS: "1" });
    expect(ironicEnvironment(withIronic({ extraConfig: { HTTP_PORT: "80" } }))["HTTP_PORT"]).toBe("80");
  });

  it("holds valid variable names and the range as dnsmasq reads it, for any addresses", () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.ipV4(), fc.ipV4(), (ironicIP, start, end) => {
        const environment = ironicEnvironment({
          ...args,
          network: { ...args.network, ironicIP, dhcpRange: { start, end } },
        });
        expect(environment["DHCP_RANGE"]?.split(",")).toEqual([start, end]);
        for (const [key, value] of Object.entries(environment)) {
          expect(key).toMatch(/^[A-Z_][A-Z0-9_]*$/);
          expect(value).not.toBe("");
        }
      }),
    );
  });
});

describe("ironicEndpoint", () => {
  it("is a URL on the endpoint address, for IPv4 and IPv6", () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (ironicIP) => {
        const url = new URL(ironicEndpoint({ ironicIP }));
        expect([url.protocol, url.port, url.pathname]).toEqual(["https:", "6385", "/v1/"]);
        expect(url.hostname.startsWith("[")).toBe(ironicIP.includes(":"));
      }),
    );
  });
});

describe("keepalivedTemplate", () => {
  it("takes the router id and leaves to the image the two words that it replaces, once each", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 255 }), (routerId) => {
        const template = keepalivedTemplate(routerId);
        expect(template).toContain(`virtual_router_id ${routerId}\n`);
        expect(template.match(/INTERFACE/g)).toHaveLength(1);
        expect(template.match(/CHANGEIP/g)).toHaveLength(1);
      }),
    );
  });

  it("never takes the address from a stack that holds it", () => {
    expect(keepalivedTemplate(1)).toMatch(/state BACKUP\n\s+nopreempt/);
  });
});

describe("secrets", () => {
  it("have the names and keys that the operator and the images mount", async () => {
    const found: Record<string, Record<string, string>> = {};
    for (const { metadata, data } of settings("Secret")) {
      const { value, secret } = await resolved<Record<string, string>>(data);
      expect(secret, metadata.name).toBe(true);
      found[metadata.name] = Object.fromEntries(
        Object.entries(value).map(([key, text]) => [key, Buffer.from(text, "base64").toString("utf8")]),
      );
    }
    expect(found).toEqual({
      "ironic-credentials": { username: "ironic-user", password: "p-api" },
      "ironic-htpasswd": { htpasswd: "ironic-user:$2b$05$hash" },
      "ironic-cacert": { "tls.crt": "CA PEM" },
      "ironic-cert": { "tls.crt": "CERT PEM", "tls.key": "KEY PEM" },
      "mariadb-password": { username: "ironic", password: "p-db" },
    });
  });

  it("can come from one output that holds all of them", async () => {
    const credentials = pulumi.secret(secrets);
    const [first] = settings("Secret", { ...args, credentials });
    const { value, secret } = await resolved<Record<string, string>>(first?.["data"]);
    expect(secret).toBe(true);
    expect(value["password"]).toBe(Buffer.from("p-api").toString("base64"));
  });

  it("are nowhere but in Secrets", () => {
    const { settings: laidDown, deployment } = ironicStackObjects(args);
    const open = JSON.stringify([laidDown.filter(({ kind }) => kind !== "Secret"), deployment]);
    for (const text of Object.values(secrets)) {
      expect(open).not.toContain(text);
      expect(open).not.toContain(Buffer.from(text).toString("base64"));
    }
  });
});

describe("the pod", () => {
  const { deployment, endpoint, namespace, settings: laidDown } = ironicStackObjects(args);
  const { spec, metadata } = podTemplate(deployment);
  const all = [...spec.containers, ...spec.initContainers];

  it("runs what Metal3's own manifests run, from the configured images", () => {
    expect(all.map(({ name, image, command }) => [name, image.split("/")[1], command?.[0]])).toEqual([
      ["mariadb", "mariadb:2", undefined],
      ["ironic-endpoint-keepalived", "keepalived:3", undefined],
      ["ironic", "ironic:1", "/bin/runironic"],
      ["ironic-httpd", "ironic:1", "/bin/runhttpd"],
      ["ironic-dnsmasq", "ironic:1", "/bin/rundnsmasq"],
      ["ironic-log-watch", "ironic:1", "/bin/runlogwatch.sh"],
      ["ironic-ipa-downloader", "downloader:4", "/usr/local/bin/get-resource.sh"],
    ]);
  });

  it("exists once: the old one is gone before a new one starts", () => {
    expect(deployment["spec"]).toMatchObject({ replicas: 1, strategy: { type: "Recreate" } });
    expect((deployment["spec"] as { selector: { matchLabels: unknown } }).selector.matchLabels).toEqual(
      metadata.labels,
    );
  });

  it("has no number of replicas and is not awaited where another cluster's is to be stopped first", () => {
    const { deployment: staged, podDigest } = ironicStackObjects({ ...args, staged: true });
    expect(staged["spec"]).not.toHaveProperty("replicas");
    expect(staged.metadata.annotations).toEqual({ "pulumi.com/skipAwait": "true" });
    expect(podTemplate(staged)).toEqual(podTemplate(deployment));
    expect(podDigest).toBe(ironicStackObjects(args).podDigest);
    const other = ironicStackObjects({
      ...args,
      ironic: { ...args.ironic, images: { ...args.ironic.images, ironic: "registry.example/ironic:2" } },
    });
    expect(other.podDigest).not.toBe(podDigest);
  });

  it("has a share of the processors in every container, and leaves most of a small node to others", () => {
    const cpus = spec.containers.map(({ resources }) => {
      const { requests } = resources as { requests: Record<string, string> };
      expect(requests["memory"]).toMatch(/^\d+Mi$/);
      return Number(/^(\d+)m$/.exec(requests["cpu"] ?? "")?.[1]);
    });
    expect(Math.min(...cpus)).toBeGreaterThan(0);
    expect(cpus.reduce((sum, cpu) => sum + cpu, 0)).toBeLessThan(750);
  });

  it("mounts only volumes that it has, and uses all of them", () => {
    const volumes = spec.volumes.map(({ name }) => name);
    const mounts = all.flatMap(({ volumeMounts }) => volumeMounts);
    expect(new Set(mounts.map(({ name }) => name))).toEqual(new Set(volumes));
    expect(new Set(volumes).size).toBe(volumes.length);
  });

  it("refers only to objects that are laid down before it, in its own namespace", () => {
    const names = new Set(laidDown.map(({ kind, metadata: { name } }) => `${kind}/${name}`));
    const referred = [
      ...spec.volumes.flatMap(({ secret, configMap }) => [
        ...(secret ? [`Secret/${secret.secretName}`] : []),
        ...(configMap ? [`ConfigMap/${configMap.name}`] : []),
      ]),
      ...all.flatMap(({ envFrom }) =>
        (envFrom ?? []).map(({ configMapRef }) => `ConfigMap/${configMapRef.name}`),
      ),
    ];
    expect(referred.filter((name) => !names.has(name))).toEqual([]);
    for (const object of [...laidDown, deployment]) {
      expect(object.metadata.namespace).toBe(namespace.metadata.name);
    }
  });

  it("mounts secrets and settings read-only, and none that a container does not need", () => {
    const writable = all.flatMap(({ volumeMounts }) => volumeMounts).filter((mount) => !mount.readOnly);
    expect(new Set(writable.map(({ name }) => name))).toEqual(
      new Set(["ironic-data-volume", "mariadb-data"]),
    );
    const whoHas = (path: string) =>
      all
        .filter(({ volumeMounts }) => volumeMounts.some(({ mountPath }) => mountPath === path))
        .map(({ name }) => name);
    expect(whoHas("/certs/ironic")).toEqual(["ironic-httpd"]);
    expect(whoHas("/auth/ironic")).toEqual(["ironic", "ironic-httpd"]);
    expect(whoHas("/auth/mariadb")).toEqual(["mariadb", "ironic"]);
  });

  it("runs on control plane nodes if told so", () => {
    const selector = { "node-role.kubernetes.io/control-plane": "" };
    expect(spec.nodeSelector).toEqual(selector);
    const anywhere = ironicStackObjects({ ...args, onControlPlane: false });
    expect(podTemplate(anywhere.deployment).spec.nodeSelector).toBeUndefined();
  });

  it("has on the endpoint address the URL that the operator is told", () => {
    const operator = laidDown.find(
      ({ kind, metadata: { name } }) => kind === "ConfigMap" && name === "ironic",
    );
    expect(operator?.["data"]).toEqual({ IRONIC_ENDPOINT: endpoint });
    expect(endpoint).toBe("https://172.22.0.2:6385/v1/");
  });
});

describe("a changed setting makes another pod", () => {
  const annotations = (changed: IronicStackObjectsArgs) =>
    podTemplate(ironicStackObjects(changed).deployment).metadata.annotations;
  const before = annotations(args);

  it.each([
    ["an option", withIronic({ extraConfig: { OS_API__API_WORKERS: "2" } })],
    ["the router id", withIronic({ virtualRouterId: 44 })],
    ["kernel parameters", withIronic({ kernelParams: "quiet" })],
    ["the interface", { ...args, provisioningInterface: "eth9" }],
  ])("%s", (_what, changed) => {
    expect(annotations(changed)[podAnnotations.settings]).not.toBe(before[podAnnotations.settings]);
  });

  it("new credentials", () => {
    expect(annotations(withIronic({ credentialsGeneration: 2 }))).toEqual({
      ...before,
      [podAnnotations.credentials]: "2",
    });
  });

  it("not the secrets themselves, nor the order in which options are written", () => {
    expect(annotations({ ...args, credentials: { ...secrets, password: "other" } })).toEqual(before);
    fc.assert(
      fc.property(
        fc.uniqueArray(
          fc.tuple(fc.stringMatching(/^OS_[A-Z]{1,8}__[A-Z]{1,8}$/), fc.string({ minLength: 1 })),
          {
            selector: ([key]) => key,
            maxLength: 6,
          },
        ),
        (options) => {
          const there = withIronic({ extraConfig: Object.fromEntries(options) });
          const back = withIronic({ extraConfig: Object.fromEntries([...options].reverse()) });
          expect(annotations(there)).toEqual(annotations(back));
        },
      ),
    );
  });
});
