// The structure of a kubeconfig, for the command and the sandbox.

type Fields = Readonly<Record<string, unknown>>;

export interface Cluster {
  readonly server: string;
  /** The CA's certificates, PEM. `undefined`: the client trusts the CAs of its machine. */
  readonly ca?: string | undefined;
}

/** The fields of a cluster. */
export function clusterFields({ server, ca }: Cluster) {
  return { server, ...(ca !== undefined && { "certificate-authority-data": base64(ca) }) };
}

/** `user`: credentials, as fields of a user. https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/ */
export function kubeconfig(
  names: Readonly<Record<"cluster" | "user" | "context", string>>,
  cluster: Fields,
  user: Fields,
) {
  return {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: names.cluster, cluster }],
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
  const names = { cluster: "iam-authenticator", user: "kube-apiserver", context: "webhook" };
  return kubeconfig(names, withTlsSetting(clusterFields(to), user), user);
}

const TLS_SETTINGS = [
  ...["certificate-authority", "certificate-authority-data", "tls-server-name"],
  ...["client-certificate", "client-certificate-data"],
];

/**
 * Without a TLS setting, client-go uses Go's default transport, which sends no HTTP/2 pings: after packet loss, logins fail
 * until the kernel gives up the connection, for 15 minutes.
 * https://github.com/kubernetes/client-go/blob/v0.37.2/transport/cache.go
 */
export function lacksTlsSetting(cluster: Fields & Cluster, user: Fields): boolean {
  return new URL(cluster.server).protocol === "https:" && !TLS_SETTINGS.some((name) => cluster[name] || user[name]);
}

/** Adds the name that the server's certificate has anyway. */
export function withTlsSetting<T extends Fields & Cluster>(cluster: T, user: Fields) {
  return lacksTlsSetting(cluster, user) ? { ...cluster, "tls-server-name": new URL(cluster.server).hostname } : cluster;
}

/** As the fields of a kubeconfig whose names end with `-data`. */
export function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
