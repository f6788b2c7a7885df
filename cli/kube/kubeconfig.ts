// Kubeconfig files: creates them, and reads kube-apiserver's webhook from one.

import { dirname, resolve } from "node:path";
import { isObject } from "../../functions/lib/json.ts";
import { type Failure, usage } from "../io/errors.ts";
import { readText, shownFile } from "../io/files.ts";
import type { Run } from "../io/run.ts";
import { parseYaml, stringifyYaml } from "../io/yaml.ts";
import { listAt, objectAt } from "./objects.ts";

type Fields = Readonly<Record<string, unknown>>;

interface Cluster {
  readonly server: string;
  /** The CA's certificates, PEM; `undefined` if the client trusts the CAs of its machine. */
  readonly ca?: string | undefined;
}

type KubeconfigNames = Readonly<Record<"cluster" | "user" | "context", string>>;

/**
 * Creates a kubeconfig. `user` are the fields of the user, and `more` those of all three parts.
 * https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/
 */
export function kubeconfig(names: KubeconfigNames, to: Cluster, user: Fields, more: Fields = {}) {
  const authority = to.ca === undefined ? {} : { "certificate-authority-data": base64(to.ca) };
  return {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: names.cluster, cluster: { server: to.server, ...authority, ...more } }],
    users: [{ name: names.user, user: { ...user, ...more } }],
    contexts: [
      { name: names.context, context: { cluster: names.cluster, user: names.user, ...more } },
    ],
    "current-context": names.context,
  };
}

/** Encodes a text for the fields of a kubeconfig whose names end with `-data`. */
function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

export interface Webhook {
  readonly server: string;
  readonly ca?: string;
  readonly token?: string;
  /** Path on kube-apiserver's machine, from which it reads the token every minute. */
  readonly tokenFile?: string;
  readonly clientCertificate?: { readonly certificate: string; readonly key: string };
  /** The name in the server's certificate; default: the URL's host. */
  readonly serverName?: string;
  readonly lacksTlsSetting?: boolean;
  readonly isUnverified?: boolean;
}

/** The hosts on this machine, to which plain HTTP is allowed. */
const LOCAL = ["localhost", "127.0.0.1", "[::1]", "host.docker.internal"];

/** Returns the URL for TokenReviews. Throws a `Failure` if `endpoint` is not an https:// URL. */
export function reviewUrl(endpoint: string): string {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url === undefined || !isConfidential(url)) {
    throw usage(`--endpoint ${endpoint || "''"}: it must be an https:// URL.`);
  }
  url.pathname = `${url.pathname.replace(/\/+$/, "").replace(/\/authenticate$/, "")}/authenticate`;
  return url.href;
}

/** Returns whether secrets may be sent to this URL. */
export function isConfidential({ protocol, hostname }: URL): boolean {
  return protocol === "https:" || (protocol === "http:" && LOCAL.includes(hostname));
}

/** Returns the options of a connection to the server. */
export function tlsOptions({ ca, clientCertificate, serverName }: Webhook) {
  return {
    ca,
    cert: clientCertificate?.certificate,
    key: clientCertificate?.key,
    servername: serverName,
  };
}

/** Creates a kubeconfig with certificates and token inline. */
export function webhookKubeconfig({
  server,
  ca,
  token,
  tokenFile,
  clientCertificate,
}: Webhook): string {
  return kubeconfigOf(server, ca, {
    ...(token !== undefined && { token }),
    ...(tokenFile !== undefined && { tokenFile }),
    ...(clientCertificate !== undefined && {
      "client-certificate-data": base64(clientCertificate.certificate),
      "client-key-data": base64(clientCertificate.key),
    }),
  });
}

/**
 * Creates the kubeconfig with which kube-apiserver calls the function. `user` are credentials, as
 * fields of a kubeconfig's user.
 * https://kubernetes.io/docs/reference/access-authn-authz/authentication/#webhook-token-authentication
 */
export function kubeconfigOf(
  server: string,
  ca: string | undefined,
  user: Readonly<Record<string, string>>,
): string {
  const names = { cluster: "iam-authenticator", user: "kube-apiserver", context: "webhook" };
  const config = kubeconfig(names, { server, ca }, user);
  const clusters = config.clusters.map(({ name, cluster }) => ({
    name,
    cluster: withTlsSetting(cluster, user),
  }));
  return stringifyYaml({ ...config, clusters });
}

const TLS_SETTING = /^((certificate-authority|client-certificate)(-data)?|tls-server-name)$/;

/**
 * Returns whether the kubeconfig lacks a TLS setting. Without one, client-go uses Go's default
 * transport, which sends no HTTP/2 pings: after packet loss, logins fail until the kernel gives up
 * the connection, for 15 minutes.
 * https://github.com/kubernetes/client-go/blob/v0.37.2/transport/cache.go
 */
function lacksTlsSetting({ server, ...cluster }: NamedCluster, user: Section): boolean {
  const isSet = Object.entries({ ...cluster, ...user }).some(
    ([name, value]) => value && TLS_SETTING.test(name),
  );
  return !isSet && new URL(server).protocol === "https:";
}

/**
 * Returns whether kube-apiserver accepts any certificate: anyone on its network could answer reviews
 * and read the token.
 */
function isUnverified(cluster: Section): boolean {
  return (cluster["insecure-skip-tls-verify"] ?? false) !== false;
}

/** Adds the name that the certificate has in any case. */
function withTlsSetting(cluster: NamedCluster, user: Section): NamedCluster {
  return lacksTlsSetting(cluster, user)
    ? { ...cluster, "tls-server-name": new URL(cluster.server).hostname }
    : cluster;
}

/**
 * Reads the current context of any kubeconfig. Throws a `Failure` without a server or if a named
 * file is missing.
 */
export async function readKubeconfig(file: string, run: Run): Promise<Webhook> {
  const { server, cluster, user } = await currentContext(file, run);
  if (!URL.canParse(server)) throw withoutServer(file);
  const inFile = (path: unknown) => readNamed(path, file, run);
  const ca =
    decoded(cluster["certificate-authority-data"]) ??
    (await inFile(cluster["certificate-authority"]));
  const certificate =
    decoded(user["client-certificate-data"]) ?? (await inFile(user["client-certificate"]));
  const key = decoded(user["client-key-data"]) ?? (await inFile(user["client-key"]));
  // https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/#AuthInfo: tokenFile takes
  // precedence over token
  const token = (await inFile(user["tokenFile"]))?.trim() ?? user["token"];
  if (typeof token === "string" && !/^[\x21-\x7e]*$/.test(token)) {
    throw usage(
      `${shownFile(file)}: the user's token has a space or another character that HTTP headers cannot have.`,
    );
  }
  const serverName = cluster["tls-server-name"];
  return {
    server,
    lacksTlsSetting: lacksTlsSetting({ ...cluster, server }, user),
    isUnverified: isUnverified(cluster),
    ...(typeof serverName === "string" && { serverName }),
    ...(ca !== undefined && { ca }),
    ...(typeof token === "string" && { token }),
    ...(certificate !== undefined &&
      key !== undefined && { clientCertificate: { certificate, key } }),
  };
}

/**
 * Returns the same kubeconfig with another server, the name of its certificate, and another CA if
 * `ca` is given. Everything else is unchanged, including paths, which are relative to the file, and
 * credentials that this command does not know.
 */
export async function withServer(
  file: string,
  { server, ca }: Pick<Webhook, "server" | "ca">,
  run: Run,
) {
  const { config, item, cluster, user } = await currentContext(file, run);
  if (isUnverified(cluster)) {
    throw usage(
      `${shownFile(file)}: delete insecure-skip-tls-verify: anyone on the network could answer reviews.`,
    );
  }
  const { "tls-server-name": _, ...kept } = cluster;
  const { "certificate-authority": path, "certificate-authority-data": data, ...others } = kept;
  const authority =
    ca === undefined ? kept : { ...others, "certificate-authority-data": base64(ca) };
  const moved = withTlsSetting({ ...authority, server }, user);
  // By item: an alias of YAML shares the cluster itself with another item.
  const clusters = listAt(config, "clusters").map((entry) =>
    entry === item ? { ...item, cluster: moved } : entry,
  );
  const keepsAuthority = ca === undefined && (path ?? data) !== undefined;
  return { kubeconfig: stringifyYaml({ ...config, clusters }), keepsAuthority };
}

type Section = Record<string, unknown>;

type NamedCluster = Section & { readonly server: string };

/** Returns the current context. The cluster and the user are empty if they are missing. */
async function currentContext(file: string, run: Run) {
  const { value } = parseYaml(await readText(file, run), file, "yaml-1.1");
  const config = isObject(value) ? value : {};
  const context = objectAt(named(config, "contexts", config["current-context"]), "context") ?? {};
  const item = named(config, "clusters", context["cluster"]);
  const cluster = objectAt(item, "cluster") ?? {};
  const { server } = cluster;
  if (typeof server !== "string") throw withoutServer(file);
  const user = objectAt(named(config, "users", context["user"]), "user") ?? {};
  return { config, item, cluster, server, user };
}

function withoutServer(file: string): Failure {
  return usage(`${shownFile(file)}: not a kubeconfig whose current context has a server URL.`);
}

/** Finds an item by name in one of the kubeconfig's lists; empty if it is missing. */
function named(config: Section, list: string, name: unknown): Section {
  return listAt(config, list).find((item) => item["name"] === name) ?? {};
}

function decoded(value: unknown): string | undefined {
  return typeof value === "string" ? Buffer.from(value, "base64").toString() : undefined;
}

/** Reads a file that the kubeconfig names. Its path is relative to the kubeconfig. */
async function readNamed(path: unknown, kubeconfig: string, run: Run): Promise<string | undefined> {
  return typeof path === "string" && path !== ""
    ? readText(resolve(dirname(kubeconfig), path), run)
    : undefined;
}
