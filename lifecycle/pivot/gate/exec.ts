import type { KubeClient } from "../../shared/kube/client";

/** Channels of the remote command protocol. */
const channels = { stdout: 1, stderr: 2, status: 3 } as const;

/** The oldest version of the protocol that API servers speak over web sockets; all do. */
const protocol = "v4.channel.k8s.io";

/** A container in which a command is run. */
export interface ContainerRef {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}

/**
 * Runs a command in a container and returns what it wrote to stdout. The command line is in the server's audit log: no
 * secrets.
 *
 * @throws When the container cannot be entered, when the command fails, or when it is not done within the limit.
 */
export async function execInContainer(
  client: KubeClient,
  { namespace, pod, container }: ContainerRef,
  command: readonly string[],
  limitSeconds: number,
  signal: AbortSignal,
): Promise<string> {
  const socket = client.socket(
    `/api/v1/namespaces/${namespace}/pods/${pod}/exec`,
    [
      ["container", container],
      ["stdout", "true"],
      ["stderr", "true"],
      ...command.map((word) => ["command", word] as const),
    ],
    protocol,
  );
  socket.binaryType = "arraybuffer";
  const output: Record<number, string> = {};
  const limit = AbortSignal.any([signal, AbortSignal.timeout(limitSeconds * 1000)]);
  try {
    return await new Promise<string>((resolve, reject) => {
      const expired = () => reject(new Error(`the command did not end within ${limitSeconds} s`));
      limit.addEventListener("abort", expired, { once: true });
      socket.onerror = () => reject(new Error("the API server does not open a connection to the container"));
      const settle = (failure: string | undefined) =>
        failure === undefined
          ? resolve(output[channels.stdout] ?? "")
          : reject(new Error([failure, output[channels.stderr]?.trim()].filter(Boolean).join(": ")));
      socket.onmessage = ({ data }) => {
        const bytes = Buffer.from(data as ArrayBuffer);
        const channel = bytes[0] ?? 0;
        const content = bytes.subarray(1).toString("utf8");
        output[channel] = (output[channel] ?? "") + content;
        // The status comes after all output; how the connection ends does not matter then.
        if (channel === channels.status && content !== "") {
          settle(failureOf(content));
        }
      };
      socket.onclose = ({ reason }) => settle(reason || "no status was sent");
    });
  } finally {
    socket.close();
  }
}

function failureOf(status: string): string | undefined {
  const parsed = JSON.parse(status) as { status?: string; message?: string };
  return parsed.status === "Success" ? undefined : (parsed.message ?? "the command failed");
}
