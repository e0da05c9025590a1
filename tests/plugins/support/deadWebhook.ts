import type { KubeObject } from "../../../lifecycle/shared/kube/objects";
import { types } from "../../../lifecycle/shared/kube/types";

/** A webhook to which nobody listens, for what is written of one kind. */
export function deadWebhook(name: string, group: string, resource: string): KubeObject {
  return {
    ...types.validatingWebhookConfiguration,
    metadata: { name },
    webhooks: [
      {
        name: `${name}.example.com`,
        admissionReviewVersions: ["v1"],
        sideEffects: "None",
        failurePolicy: "Fail",
        timeoutSeconds: 2,
        clientConfig: { url: "https://127.0.0.1:1/validate" },
        rules: [
          { apiGroups: [group], apiVersions: ["*"], operations: ["CREATE", "UPDATE"], resources: [resource] },
        ],
      },
    ],
  };
}
