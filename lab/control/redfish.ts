import { bmcCredentials, type HostIdentity } from "./addresses";
import { waitFor } from "./probe";

/** Power states that the lab's BMCs report. */
export type PowerState = "On" | "Off";

/** Boot sources of Redfish that the lab's hosts know. */
export type BootDevice = "Pxe" | "Hdd" | "Cd";

/** Redfish reset types that the lab uses. */
export type ResetType = "On" | "ForceOff" | "ForceRestart";

/** What a BMC says of its host. */
export interface SystemState {
  readonly powerState: PowerState;
  readonly bootDevice: BootDevice;
}

/** How to log in to a BMC. */
export interface BmcLogin {
  readonly username: string;
  readonly password: string;
}

const requestLimitMilliseconds = 20_000;

/** Reads power state and boot device of a host from its BMC. */
export async function readSystem(host: HostIdentity, login: BmcLogin = bmcCredentials): Promise<SystemState> {
  const answer = (await request(host, host.redfishUrl, login)) as {
    PowerState: PowerState;
    Boot?: { BootSourceOverrideTarget?: BootDevice };
  };
  return {
    powerState: answer.PowerState,
    bootDevice: answer.Boot?.BootSourceOverrideTarget ?? "Hdd",
  };
}

/** Sets where a host boots from, from the next power-on, until it is set otherwise. */
export async function setBootDevice(host: HostIdentity, device: BootDevice): Promise<void> {
  await request(host, host.redfishUrl, bmcCredentials, "PATCH", {
    Boot: { BootSourceOverrideTarget: device, BootSourceOverrideEnabled: "Continuous" },
  });
}

/** Asks for a power change and waits until the BMC reports it. Asking for the state that is there changes nothing. */
export async function resetSystem(host: HostIdentity, type: ResetType, limitSeconds = 60): Promise<void> {
  await request(host, `${host.redfishUrl}/Actions/ComputerSystem.Reset`, bmcCredentials, "POST", {
    ResetType: type,
  });
  const wanted: PowerState = type === "ForceOff" ? "Off" : "On";
  await waitFor(
    `${host.name} to report power ${wanted}`,
    async () => {
      const { powerState } = await readSystem(host);
      return powerState === wanted ? undefined : `power ${powerState}`;
    },
    { limitSeconds },
  );
}

async function request(
  host: HostIdentity,
  address: string,
  login: BmcLogin,
  method = "GET",
  body?: object,
): Promise<unknown> {
  const response = await fetch(address, {
    method,
    headers: {
      authorization: `Basic ${Buffer.from(`${login.username}:${login.password}`).toString("base64")}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(requestLimitMilliseconds),
  });
  const text = await response.text();
  if (!response.ok) {
    throw new Error(
      `BMC of ${host.name}: ${method} ${address} answered ${response.status}: ${text.slice(0, 300)}`,
    );
  }
  return text === "" ? undefined : JSON.parse(text);
}
