import type {
  V1Container,
  V1PodSpec,
  V1Probe,
  V1SecurityContext,
  V1Volume,
  V1VolumeMount,
} from "@kubernetes/client-node";
import type { ClusterConfig } from "../config/clusterConfig";
import { ironicNames, ironicPorts } from "./ironicSettings";

/** What the pod of the stack is made from. */
export interface IronicPodArgs {
  readonly network: Pick<ClusterConfig["network"], "ironicIP">;
  readonly ironic: Pick<ClusterConfig["ironic"], "images">;
  /** Keep the pod on control plane nodes: those own the provisioning interface. */
  readonly onControlPlane: boolean;
}

/** User and group of the official image's processes; `fsGroup` lets them share /shared and read the secrets. */
const ironicUser = { runAsUser: 997, runAsGroup: 994 } as const;

const shared = { name: "ironic-data-volume", mountPath: "/shared" } as const;

const environment: V1Container["envFrom"] = [{ configMapRef: { name: ironicNames.environment } }];

/** Container that needs nothing of the node but its network. */
const unprivileged: V1SecurityContext = {
  allowPrivilegeEscalation: false,
  privileged: false,
  capabilities: { drop: ["ALL"] },
};

/** Container whose program has file capabilities; these count only where escalation is allowed. */
function withCapabilities(...capabilities: string[]): V1SecurityContext {
  return {
    allowPrivilegeEscalation: true,
    privileged: false,
    capabilities: { drop: ["ALL"], add: capabilities },
  };
}

/** Secrets and settings are mounted as files, read-only. */
function mounted(volume: string, mountPath: string, subPath?: string): V1VolumeMount {
  return { name: volume, mountPath, readOnly: true, ...(subPath === undefined ? {} : { subPath }) };
}

/**
 * A share of the node's processors that is its own, and memory. Without one a pod gets what all others leave: on a busy node
 * Ironic would take three times as long to start, and keepalived miss the moments at which it must speak.
 */
function needs(cpu: string, memory: string): Pick<V1Container, "resources"> {
  return { resources: { requests: { cpu, memory } } };
}

/** Readiness is asked for every second until the container has started, then seldom. */
function probes(handler: V1Probe): Pick<V1Container, "startupProbe" | "readinessProbe" | "livenessProbe"> {
  return {
    startupProbe: { ...handler, periodSeconds: 1, timeoutSeconds: 5, failureThreshold: 600 },
    readinessProbe: { ...handler, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 3 },
    livenessProbe: { ...handler, periodSeconds: 30, timeoutSeconds: 10, failureThreshold: 10 },
  };
}

function shell(command: string): V1Probe {
  return { exec: { command: ["sh", "-c", command] } };
}

/**
 * The containers of the pod; names and entry points are those of Metal3's own manifests (`ironic-deployment` of the operator).
 * They are started one after another, so those that the others wait for come first: whenever the endpoint changes hands,
 * nobody answers until the last of them does.
 */
function containers({ network, ironic: { images } }: IronicPodArgs): V1Container[] {
  const ironic = { image: images.ironic, imagePullPolicy: "IfNotPresent", envFrom: environment } as const;
  return [
    {
      name: "mariadb",
      ...needs("100m", "128Mi"),
      image: images.mariadb,
      imagePullPolicy: "IfNotPresent",
      securityContext: { ...unprivileged, runAsUser: 27, runAsGroup: 27 },
      volumeMounts: [
        { name: "mariadb-data", mountPath: "/var/lib/mysql" },
        mounted("mariadb-password", "/auth/mariadb"),
        mounted("mariadb", "/etc/my.cnf.d/pod.cnf", "pod.cnf"),
      ],
      // The password is never an argument, which everybody on the node could read.
      ...probes(
        shell(
          'MYSQL_PWD="$(cat /auth/mariadb/password)" mysqladmin -u "$(cat /auth/mariadb/username)" status',
        ),
      ),
    },
    {
      name: "ironic-endpoint-keepalived",
      ...needs("50m", "16Mi"),
      image: images.keepalived,
      imagePullPolicy: "IfNotPresent",
      envFrom: environment,
      securityContext: {
        ...withCapabilities("NET_ADMIN", "NET_BROADCAST", "NET_RAW"),
        runAsUser: 65532,
        runAsGroup: 65532,
      },
      volumeMounts: [mounted("keepalived", "/etc/keepalived/keepalived.conf", "keepalived.conf")],
    },
    {
      ...ironic,
      name: "ironic",
      ...needs("300m", "256Mi"),
      command: ["/bin/runironic"],
      securityContext: { ...unprivileged, ...ironicUser },
      volumeMounts: [
        shared,
        mounted("ironic-htpasswd", "/auth/ironic"),
        mounted("mariadb-password", "/auth/mariadb"),
        mounted("ironic-cacert", "/certs/ca/ironic"),
      ],
      ...probes({ exec: { command: ["/bin/ironic-readiness"] } }),
    },
    {
      ...ironic,
      name: "ironic-httpd",
      ...needs("50m", "32Mi"),
      command: ["/bin/runhttpd"],
      securityContext: { ...unprivileged, ...ironicUser },
      ports: [
        { name: "api", containerPort: ironicPorts.api },
        { name: "images", containerPort: ironicPorts.http },
      ],
      volumeMounts: [
        shared,
        mounted("ironic-htpasswd", "/auth/ironic"),
        mounted("ironic-cert", "/certs/ironic"),
        mounted("ironic-cacert", "/certs/ca/ironic"),
      ],
      // Through the endpoint address: a pod whose address is elsewhere is not ready.
      ...probes({ httpGet: { host: network.ironicIP, port: ironicPorts.api, path: "/", scheme: "HTTPS" } }),
    },
    {
      ...ironic,
      name: "ironic-dnsmasq",
      ...needs("50m", "16Mi"),
      command: ["/bin/rundnsmasq"],
      securityContext: { ...withCapabilities("NET_ADMIN", "NET_BIND_SERVICE", "NET_RAW"), ...ironicUser },
      volumeMounts: [shared],
      ...probes(shell("ss -lun | grep -q :67 && ss -lun | grep -q :69")),
    },
    {
      ...ironic,
      name: "ironic-log-watch",
      ...needs("10m", "8Mi"),
      command: ["/bin/runlogwatch.sh"],
      securityContext: { ...unprivileged, ...ironicUser },
      volumeMounts: [shared],
    },
  ];
}

function secretVolume(name: string, secretName: string = name): V1Volume {
  // Readable by the pod's users through fsGroup, by nobody else.
  return { name, secret: { secretName, defaultMode: 0o440 } };
}

/** Spec of the stack's pod. */
export function ironicPodSpec(args: IronicPodArgs): V1PodSpec {
  return {
    hostNetwork: true,
    // The node's resolver: a pod network need not exist yet.
    dnsPolicy: "Default",
    // A Service named "ironic" would set variables such as IRONIC_PORT, which the images read.
    enableServiceLinks: false,
    automountServiceAccountToken: false,
    // keepalived gives the address up and dnsmasq falls silent within a second; the API may finish a request.
    terminationGracePeriodSeconds: 15,
    securityContext: { runAsNonRoot: true, fsGroup: 994, seccompProfile: { type: "RuntimeDefault" } },
    ...(args.onControlPlane ? { nodeSelector: { "node-role.kubernetes.io/control-plane": "" } } : {}),
    tolerations: [
      { key: "node-role.kubernetes.io/control-plane", operator: "Exists", effect: "NoSchedule" },
      // It uses the node's network, so it can start while the CNI is still being installed.
      { key: "node.kubernetes.io/not-ready", operator: "Exists", effect: "NoSchedule" },
      { key: "node.kubernetes.io/network-unavailable", operator: "Exists", effect: "NoSchedule" },
    ],
    initContainers: [
      {
        name: "ironic-ipa-downloader",
        ...needs("50m", "32Mi"),
        image: args.ironic.images.ipaDownloader,
        imagePullPolicy: "IfNotPresent",
        command: ["/usr/local/bin/get-resource.sh"],
        envFrom: environment,
        securityContext: { ...unprivileged, ...ironicUser },
        volumeMounts: [shared],
      },
    ],
    containers: containers(args),
    volumes: [
      { name: shared.name, emptyDir: {} },
      { name: "mariadb-data", emptyDir: {} },
      secretVolume(ironicNames.htpasswd),
      secretVolume("ironic-cacert", ironicNames.caCertificate),
      secretVolume("ironic-cert", ironicNames.certificate),
      secretVolume(ironicNames.mariadbPassword),
      { name: "keepalived", configMap: { name: ironicNames.keepalived } },
      { name: "mariadb", configMap: { name: ironicNames.mariadb } },
    ],
  };
}
