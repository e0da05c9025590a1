/**
 * Cluster API's user data is a Jinja template that cloud-init renders. This makes a text come out of it as it is.
 */
export function literal(text: string): string {
  return text.replace(/\{[{%#]/g, (opening) => `{{ '${opening}' }}`);
}

/** A value of the machine's metadata, put in when cloud-init renders the user data. */
export function metaData(key: string): string {
  return `{{ ds.meta_data.${key} }}`;
}

/** A file of a KubeadmConfig. */
export interface NodeFile {
  readonly path: string;
  readonly owner: string;
  /** Octal, for instance "0644". */
  readonly permissions: string;
  readonly content: string;
}

/** A file that root owns, with its content taken literally. */
export function nodeFile(path: string, content: string, permissions = "0644"): NodeFile {
  return { path, owner: "root:root", permissions, content: literal(content) };
}
