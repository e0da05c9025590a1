import * as pulumi from "@pulumi/pulumi";
import type { ClusterConfig } from "../config/clusterConfig";
import { LifecycleCommand } from "./lifecycleCommand";

/** The secrets that both Ironic stacks share, so that hosts, operator and agents see one Ironic before and after the move. */
export interface IronicSecrets {
  readonly username: string;
  readonly password: string;
  /** One line for an htpasswd file, bcrypt. */
  readonly htpasswd: string;
  readonly mariadbPassword: string;
  /** PEM. */
  readonly caCertificate: string;
  /** PEM, for the endpoint address. */
  readonly tlsCertificate: string;
  /** PEM. */
  readonly tlsKey: string;
}

/** What it takes to run an Ironic stack and to ask it. */
export interface IronicAccess {
  /** Secret. */
  readonly secrets: pulumi.Output<IronicSecrets>;
  /** The secrets as JSON, for lifecycle programs. Secret. */
  readonly json: pulumi.Output<string>;
}

/** Arguments of {@link IronicCredentials}. */
export interface IronicCredentialsArgs {
  /** The certificate names its endpoint address; another generation makes new credentials and a new certificate. */
  readonly config: Pick<ClusterConfig, "network" | "ironic">;
}

/** Generates Ironic's credentials and certificate once and keeps them as secrets of the state. */
export class IronicCredentials extends pulumi.ComponentResource implements IronicAccess {
  readonly secrets: pulumi.Output<IronicSecrets>;
  readonly json: pulumi.Output<string>;

  constructor(name: string, args: IronicCredentialsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("metal3:index:IronicCredentials", name, {}, opts);
    const generate = new LifecycleCommand<IronicSecrets>(
      `${name}-generate`,
      {
        verb: "ironic-credentials",
        input: {
          ironicIP: args.config.network.ironicIP,
          generation: args.config.ironic.credentialsGeneration,
        },
        timeoutSeconds: 60,
      },
      { parent: this },
    );
    this.secrets = pulumi.secret(generate.result);
    this.json = pulumi.secret(generate.stdout);
    this.registerOutputs({});
  }
}
