import fs from "node:fs/promises";
import { stripVTControlCharacters } from "node:util";
import { oneLine } from "../shared/kube/objects";

/** Stands for the host's name in the path of its console log. */
const hostVariable = "${HOST}";

/** End of a log that is looked at, bytes. */
const tailBytes = 32 * 1024;

/** What kubeadm prints for those who join. */
const secrets = /(--(?:token|certificate-key)[ =])\S+/g;

/**
 * The last lines that a host wrote to its console, where the site keeps them.
 *
 * @param log Path of the logs with `${HOST}` for the host's name, relative to the project. Unset: there are none.
 */
export async function consoleTail(log: string | undefined, host: string, lines = 12): Promise<string[]> {
  if (log === undefined) {
    return [];
  }
  const file = log.replaceAll(hostVariable, host);
  try {
    const text = await readTail(file);
    return [`the last lines of ${file}:`, ...lastConsoleLines(text, lines).map((line) => `  | ${line}`)];
  } catch (error) {
    return [`${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`];
  }
}

/** The last lines of a console's text: no control characters, no empty lines, no secrets. */
export function lastConsoleLines(text: string, count: number): string[] {
  return (
    stripVTControlCharacters(text)
      .split(/[\r\n]+/)
      // eslint-disable-next-line no-control-regex
      .map((line) => oneLine(line.replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, "").replace(secrets, "$1…")))
      .filter((line) => line !== "")
      .slice(-count)
  );
}

async function readTail(file: string): Promise<string> {
  const handle = await fs.open(file, "r");
  try {
    const { size } = await handle.stat();
    const begin = Math.max(0, size - tailBytes);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - begin), 0, size - begin, begin);
    return buffer.subarray(0, bytesRead).toString("utf8");
  } finally {
    await handle.close();
  }
}
