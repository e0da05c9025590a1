import * as pulumi from "@pulumi/pulumi";
import { LifecycleCommand } from "./lifecycleCommand";

/** Makes the key of the stack's backups once, and keeps it as a secret of the state: who has the state can open them anywhere. */
export class BackupKey extends pulumi.ComponentResource {
  /** age identity. Secret. */
  readonly key: pulumi.Output<string>;

  constructor(name: string, opts?: pulumi.ComponentResourceOptions) {
    super("metal3:index:BackupKey", name, {}, opts);
    const generate = new LifecycleCommand<{ readonly key: string }>(
      `${name}-generate`,
      { verb: "backup-key", input: {}, timeoutSeconds: 60 },
      { parent: this },
    );
    this.key = pulumi.secret(generate.result.apply(({ key }) => key));
    this.registerOutputs({});
  }
}
