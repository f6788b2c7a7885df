// The structure of a kubeconfig, for users and for kube-apiserver.

type Fields = Readonly<Record<string, unknown>>;

export interface Cluster {
  readonly server: string;
  /** The CA's certificates, PEM. `undefined`: the client trusts the CAs of its machine. */
  readonly ca?: string | undefined;
}

/** `user`: credentials, as fields of a user. https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/ */
export function kubeconfig(names: Readonly<Record<"cluster" | "user" | "context", string>>, to: Cluster, user: Fields) {
  const authority = to.ca === undefined ? {} : { "certificate-authority-data": base64(to.ca) };
  return {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: names.cluster, cluster: { server: to.server, ...authority } }],
    users: [{ name: names.user, user }],
    contexts: [{ name: names.context, context: { cluster: names.cluster, user: names.user } }],
    "current-context": names.context,
  };
}

/**
 * With which kube-apiserver calls the function.
 * https://kubernetes.io/docs/reference/access-authn-authz/authentication/#webhook-token-authentication
 */
export function webhookConfig(to: Cluster, user: Fields) {
  return kubeconfig({ cluster: "iam-authenticator", user: "kube-apiserver", context: "webhook" }, to, user);
}

/** As the fields of a kubeconfig whose names end with `-data`. */
export function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
