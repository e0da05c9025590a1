import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { Decrypter, Encrypter } from "age-encryption";
import { z } from "zod";
import { errorText, LifecycleFailure } from "../shared/failure";
import type { KubeObject } from "../shared/kube/objects";
import type { BackupKey } from "./key";

/** Version of the format that this program writes, and the newest that it reads. */
export const formatVersion = 1;

/** First word of every archive. */
const formatName = "metal3-backup";

const headerSchema = z.object({
  format: z.literal(formatName),
  version: z.number().int().positive(),
  /** Program that wrote the archive, with its version. */
  program: z.string(),
  stack: z.string(),
  clusterName: z.string(),
  /** Namespace of all objects. */
  namespace: z.string(),
  /** When the objects were read (ISO 8601). */
  createdAt: z.iso.datetime(),
  /** Kubernetes version of the cluster that held them. */
  kubernetesVersion: z.string(),
  /** clusterctl's own inventory of that cluster. */
  providers: z.array(z.object({ name: z.string(), type: z.string(), version: z.string() })),
  /** Image of the Bare Metal Operator, which clusterctl does not know. */
  operatorImage: z.string().optional(),
  /** Number of objects by kind. */
  counts: z.record(z.string(), z.number().int().nonnegative()),
});

/** What can be read of an archive without its key. Nothing in it is secret. */
export type ArchiveHeader = z.output<typeof headerSchema>;

const kubeObject = z
  .looseObject({
    apiVersion: z.string(),
    kind: z.string(),
    metadata: z.looseObject({ name: z.string(), uid: z.string() }),
  })
  .transform((object) => object as unknown as KubeObject);

const contentSchema = z.object({
  header: headerSchema,
  /** The namespace itself, for its labels. */
  namespace: kubeObject.optional(),
  /** The definitions behind the objects. */
  definitions: z.array(
    z.object({
      name: z.string(),
      kind: z.string(),
      group: z.string(),
      /** Version in which the objects were read. */
      storage: z.string(),
      served: z.array(z.string()),
    }),
  ),
  /** Every object that moves, whole: status, owners, finalizers, secrets. */
  objects: z.array(kubeObject),
});

/** Everything in an archive. */
export type ArchiveContent = z.output<typeof contentSchema>;

/**
 * Seals an archive: one line of JSON, the header; then an age file for the key's recipient, in which is gzipped JSON. So
 * `tail -n +2 FILE | age -d -i KEY | gunzip` reads it without this program. The header is repeated inside, where nobody
 * can change it.
 */
export async function encodeArchive(content: ArchiveContent, key: BackupKey): Promise<Buffer> {
  const encrypter = new Encrypter();
  encrypter.addRecipient(key.recipient);
  const packed = await promisify(gzip)(JSON.stringify(content));
  const sealed = await encrypter.encrypt(packed);
  return Buffer.concat([Buffer.from(`${JSON.stringify(content.header)}\n`), sealed]);
}

/**
 * Reads the header of an archive. It proves nothing: only {@link decodeArchive} does.
 *
 * @param archive The archive, or as much of it as holds the first line.
 * @param file Its name, for messages.
 */
export function readHeader(archive: Buffer, file: string): ArchiveHeader {
  return splitArchive(archive, file).header;
}

/**
 * Opens an archive.
 *
 * @throws LifecycleFailure when the key is another one, or when a single bit of the archive is not as it was written.
 */
export async function decodeArchive(archive: Buffer, key: BackupKey, file: string): Promise<ArchiveContent> {
  const { header, sealed } = splitArchive(archive, file);
  const decrypter = new Decrypter();
  decrypter.addIdentity(key.identity);
  let text: string;
  try {
    text = (await promisify(gunzip)(await decrypter.decrypt(sealed))).toString("utf8");
  } catch (error) {
    throw /no identity matched/.test(errorText(error))
      ? new LifecycleFailure(`${file} cannot be opened with this key`, {
          evidence: [`it is of stack ${header.stack}, cluster ${header.clusterName}, ${header.createdAt}`],
          remedy: `use the key of stack ${header.stack} as it was then; a stack that was destroyed and made again has another`,
        })
      : damaged(file, errorText(error));
  }
  const content = contentSchema.safeParse(JSON.parse(text));
  if (!content.success) {
    const [issue] = content.error.issues;
    throw damaged(file, `${issue?.path.join(".")}: ${issue?.message}`);
  }
  if (JSON.stringify(content.data.header) !== JSON.stringify(header)) {
    throw damaged(file, "the header in the clear is not the one that was sealed");
  }
  return content.data;
}

function splitArchive(archive: Buffer, file: string): { header: ArchiveHeader; sealed: Uint8Array } {
  const end = archive.indexOf("\n");
  let value: unknown;
  try {
    value = JSON.parse(archive.subarray(0, Math.max(end, 0)).toString("utf8"));
  } catch {
    throw notAnArchive(file);
  }
  const { success, data } = z.object({ format: z.literal(formatName), version: z.number() }).safeParse(value);
  if (!success) {
    throw notAnArchive(file);
  }
  if (data.version > formatVersion) {
    throw new LifecycleFailure(
      `${file} is of format ${data.version}, and this program reads formats up to ${formatVersion}`,
      { remedy: "use the version of the program that wrote it, or a later one" },
    );
  }
  const header = headerSchema.safeParse(value);
  if (!header.success) {
    throw damaged(file, "its header is incomplete");
  }
  return { header: header.data, sealed: new Uint8Array(archive.subarray(end + 1)) };
}

function notAnArchive(file: string): LifecycleFailure {
  return new LifecycleFailure(`${file} is not a backup of this program`, {
    remedy: "archives lie in the state folder of a stack, under backups/",
  });
}

function damaged(file: string, why: string): LifecycleFailure {
  return new LifecycleFailure(`${file} is damaged or was changed: ${why}`, {
    remedy: "nothing of it is used; take another archive, or another copy of this one",
  });
}
