// What kubectl expects of an exec plugin: one ExecCredential, in the version that it asked for.
// https://kubernetes.io/docs/reference/access-authn-authz/authentication/#input-and-output-formats

import { isObject, parseJson } from "../../functions/lib/json.ts";
import type { SignedToken } from "../aws/presign.ts";
import { usage } from "../errors.ts";

const GROUP = "client.authentication.k8s.io";
const API_VERSIONS = [`${GROUP}/v1`, `${GROUP}/v1beta1`];
/** What other clients answer when nobody asks, such as a person in a shell. */
const DEFAULT_VERSION = `${GROUP}/v1beta1`;

/** `execInfo` is KUBERNETES_EXEC_INFO. client-go refuses any version other than the one it wrote there. */
export function requestedVersion(execInfo: string | undefined): string {
  if (!execInfo) return DEFAULT_VERSION;
  const info = parseJson(execInfo);
  const version = isObject(info) ? info["apiVersion"] : undefined;
  const known = API_VERSIONS.find((candidate) => candidate === version);
  if (known === undefined) {
    throw usage(
      `KUBERNETES_EXEC_INFO must ask for one of ${API_VERSIONS.join(", ")}: correct apiVersion in the kubeconfig.`,
    );
  }
  return known;
}

export function execCredential(apiVersion: string, { token, expiresAt }: SignedToken): string {
  // Rounded down to whole seconds: never later than the credentials.
  const expirationTimestamp = `${new Date(expiresAt).toISOString().slice(0, 19)}Z`;
  return JSON.stringify({ kind: "ExecCredential", apiVersion, spec: {}, status: { expirationTimestamp, token } });
}
