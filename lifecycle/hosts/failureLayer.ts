import type { HostView } from "./hostState";

/** Where a host failed, and what to look at. */
export interface FailureLayer {
  readonly layer: string;
  readonly remedy: string;
}

const bmc: FailureLayer = {
  layer: "BMC",
  remedy: "check the BMC's address, and that the cluster that runs Ironic reaches it; then run again",
};

const bmcLogin: FailureLayer = {
  layer: "BMC login",
  remedy:
    "correct the host's user name and password (bmcCredentials), or let the BMC accept them; then run again",
};

const networkBoot: FailureLayer = {
  layer: "network boot and inspection",
  remedy:
    "look at the host's console: did it get an address from the stack's DHCP and load the RAM disk? Check bootMACAddress and the cabling; then run again",
};

const cleaning: FailureLayer = {
  layer: "cleaning, RAID or firmware settings",
  remedy: "look at Ironic's log for the node; then run again",
};

const writing: FailureLayer = {
  layer: "writing the image",
  remedy: "check that the image's URL is reachable from the host, and the host's console; then run again",
};

const checksum: FailureLayer = {
  layer: "image checksum",
  remedy:
    "correct image.checksum (or the file that it names), or put the right image at image.url; then run again",
};

const power: FailureLayer = {
  layer: "BMC power control",
  remedy: "check that the BMC obeys power commands; then run again",
};

const operatingSystem: FailureLayer = {
  layer: "operating system, cloud-init and kubeadm",
  remedy:
    "look at the host's console: cloud-init, kubeadm and the API endpoint's keepalived write there; then run again",
};

const unknown: FailureLayer = {
  layer: "host",
  remedy: "look at the host's events and at Ironic's log; then run again",
};

/** Words by which Ironic's drivers and BMCs refuse a login. */
const refusedLogin =
  /\b40[13]\b|unauthori[sz]ed|access (?:is )?denied|authenticat|authori[sz]ation|log ?in\b/i;

/** Layers by the operator's error type, and where that says too little, by the message. */
const byError: Readonly<Record<string, (message: string) => FailureLayer>> = {
  "registration error": (message) => (refusedLogin.test(message) ? bmcLogin : bmc),
  "provisioned registration error": (message) => (refusedLogin.test(message) ? bmcLogin : bmc),
  "inspection error": () => networkBoot,
  "preparation error": () => cleaning,
  "provisioning error": (message) => (/checksum/i.test(message) ? checksum : writing),
  "power management error": (message) => (refusedLogin.test(message) ? bmcLogin : power),
};

/** Layers by the state in which a host without an error stays. */
const byState: Readonly<Record<string, FailureLayer>> = {
  "": bmc,
  registering: bmc,
  inspecting: networkBoot,
  preparing: cleaning,
  deprovisioning: { ...cleaning, layer: "cleaning after an earlier deployment" },
  provisioning: { ...writing, layer: "network boot or writing the image" },
  provisioned: operatingSystem,
};

/** The layer in which a host failed, or in which it hangs when it has no error. */
export function failureLayer(host: HostView): FailureLayer {
  return host.errorMessage === undefined
    ? (byState[host.state] ?? unknown)
    : (byError[host.errorType ?? ""]?.(host.errorMessage) ?? unknown);
}
