import { alreadyExists, type KubeClient } from "../../shared/kube/client";
import { field } from "../../shared/kube/objects";
import { types } from "../../shared/kube/types";

/** Name of the ConfigMap that a restore keeps in the namespace until it has ended. */
export const noteName = "metal3-restore";

/** How far a restore has come. "creating": objects are at rest; "releasing": their controllers may be at work. */
export type RestorePhase = "creating" | "releasing";

/** What a restore notes on the cluster. It tells what an interrupted restore has created from what was there before. */
export interface RestoreNote {
  /** SHA-256 of the archive. */
  readonly archive: string;
  readonly phase: RestorePhase;
}

const noteRef = (namespace: string) => ({ ...types.configMap, namespace, name: noteName });

/** The note of a restore that has not ended. */
export async function readNote(client: KubeClient, namespace: string): Promise<RestoreNote | undefined> {
  const found = await client.find(noteRef(namespace));
  return found && (field(found, "data") as RestoreNote | undefined);
}

/** Notes a restore, or how far it has come. */
export async function writeNote(client: KubeClient, namespace: string, note: RestoreNote): Promise<void> {
  const object = { ...types.configMap, metadata: { name: noteName, namespace }, data: { ...note } };
  try {
    await client.create(object);
  } catch (error) {
    if (!alreadyExists(error)) throw error;
    await client.patch(noteRef(namespace), "merge", { data: note });
  }
}

/** Forgets a restore that has ended. */
export async function removeNote(client: KubeClient, namespace: string): Promise<void> {
  await client.delete(noteRef(namespace));
}
