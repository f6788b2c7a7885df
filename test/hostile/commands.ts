// The commands that call services, once for each service that they call.

import { type Files, OLD_KEY, SECRETS } from "./inputs.ts";

export interface HostileCommand {
  readonly name: string;
  /** The operations that misbehave. All others are honest. */
  readonly target: string;
  readonly words: (place: Place) => readonly string[];
  /** Replaces the usual keys. */
  readonly environment?: (place: Place) => Readonly<Record<string, string>>;
  /** Format of its standard output, if not empty. */
  readonly output: "json" | "json lines" | "lines" | "credential" | "text";
  /** Whether it runs only over TLS, or never. */
  readonly tls?: boolean;
  /** The SDK's clients for local services try four times, with pauses. */
  readonly slow?: true;
  /** It runs until Ctrl-C, which is sent soon after its first connection. */
  readonly endless?: true;
  /** Time limit in milliseconds; default: the limit of an AWS call with all retries. */
  readonly limit?: number;
}

export interface Place {
  readonly files: Files;
  /** `http://user:password@127.0.0.1:port`, or with https. */
  readonly aws: string;
  readonly url: string;
}

const CLUSTER = ["-c", "prod"];
const FAST = ["--read-rate", "100000"];
const ANYWHERE = ["-y", "--rate", "1000", "--allow-weakening", ...FAST];
const WRITE = [...CLUSTER, ...ANYWHERE];
const ROLE = "arn:aws:iam::111122223333:role/Developers";
const USER = "arn:aws:iam::111122223333:user/mallory";
const NO_KEYS = { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "", AWS_SESSION_TOKEN: "" };

const container = ({ url }: Place) => ({
  ...NO_KEYS,
  AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/credentials`,
  AWS_CONTAINER_AUTHORIZATION_TOKEN: SECRETS.containerToken,
});
const webIdentity = ({ files }: Place) => ({
  ...NO_KEYS,
  AWS_WEB_IDENTITY_TOKEN_FILE: files.webIdentity,
  AWS_ROLE_ARN: ROLE,
});
const profile = (name: string) => (place: Place) => ({
  ...NO_KEYS,
  AWS_CONFIG_FILE: place.files.awsConfig,
  AWS_PROFILE: name,
});
const metadata = ({ url }: Place) => ({
  ...NO_KEYS,
  AWS_EC2_METADATA_DISABLED: "false",
  AWS_EC2_METADATA_SERVICE_ENDPOINT: url,
});
/** For the function's clients, which do not support a password in a URL. */
const nodeServices = ({ url }: Place) => ({ AWS_ENDPOINT_URL_EC2: url, AWS_ENDPOINT_URL_IAM: url });
const json = (...words: string[]) => [...words, ...CLUSTER, "-o", "json"];
const endpoint = ({ url, files }: Place) =>
  json("doctor", "--endpoint", url, "--token-file", files.callerToken, "--times", "2", "--ca", files.ca);
const irsaDoctor = ({ url, files }: Place) =>
  json(
    "irsa",
    "doctor",
    "--issuer",
    `${url}/issuer`,
    "--ca",
    files.ca,
    "--kubeconfig",
    files.kubeconfig(`${url}/kubernetes`),
  );

const retire = ({ url, files }: Place) => [
  ...["irsa", "keys", "retire", `issuer/${OLD_KEY.kid}`, ...CLUSTER, "-y", "--signed-until", "2026-01-01T00:00:00Z"],
  ...["--kubeconfig", files.kubeconfig(`${url}/kubernetes`)],
];
const webhook = ({ files }: Place) => [
  ...["kubeconfig", "webhook", "--endpoint", "https://auth.example.com", "--token-file", files.callerToken],
];
const SET = ["mappings", "set", ROLE, "--username", "dev", ...WRITE];

export const COMMANDS: readonly HostileCommand[] = [
  {
    name: "token",
    target: "credentials",
    tls: false,
    slow: true,
    words: () => ["token", ...CLUSTER],
    environment: container,
    output: "credential",
  },
  { name: "token --role", target: "sts", words: () => ["token", ...CLUSTER, "--role", ROLE], output: "credential" },
  {
    name: "token, web identity",
    target: "sts",
    words: () => ["token", ...CLUSTER],
    environment: webIdentity,
    output: "credential",
  },
  {
    name: "token, a profile's role",
    target: "sts",
    words: () => ["token", ...CLUSTER],
    environment: profile("role"),
    output: "credential",
  },
  {
    name: "token, IAM Identity Center",
    target: "federation",
    words: () => ["token", ...CLUSTER],
    environment: profile("person"),
    output: "credential",
  },
  {
    name: "token, an instance's role",
    target: "latest",
    tls: false,
    slow: true,
    words: () => ["token", ...CLUSTER],
    environment: metadata,
    output: "credential",
  },
  { name: "whoami", target: "sts", words: () => json("whoami"), output: "json" },
  { name: "whoami", target: "ssm", words: () => json("whoami"), output: "json" },
  { name: "explain <arn>", target: "ssm", words: () => ["explain", ...CLUSTER, ROLE], output: "text" },
  {
    name: "explain <token>",
    target: "sts",
    words: ({ files }) => json("explain", "--token-file", files.token),
    output: "json",
  },
  {
    name: "explain <a node's token>",
    target: "ec2",
    words: ({ files }) => json("explain", "--token-file", files.nodeToken),
    environment: nodeServices,
    output: "json",
  },
  {
    name: "explain <a node's token>",
    target: "iam",
    words: ({ files }) => json("explain", "--token-file", files.nodeToken),
    environment: nodeServices,
    output: "json",
  },
  { name: "mappings list", target: "ssm", words: () => ["mappings", "list", ...CLUSTER, ...FAST], output: "text" },
  { name: "mappings list -o json", target: "ssm", words: () => [...json("mappings", "list"), ...FAST], output: "json" },
  { name: "mappings get", target: "ssm", words: () => json("mappings", "get", ROLE), output: "json" },
  { name: "mappings history", target: "ssm", words: () => json("mappings", "history", ROLE), output: "json" },
  { name: "mappings lint", target: "ssm", words: () => [...json("mappings", "lint"), ...FAST], output: "json" },
  { name: "mappings export", target: "ssm", words: () => ["mappings", "export", ...CLUSTER, ...FAST], output: "text" },
  { name: "mappings set", target: "ssm", words: () => SET, output: "text" },
  { name: "mappings set", target: "ssm.PutParameter", words: () => SET, output: "text" },
  {
    name: "mappings edit",
    target: "ssm",
    words: () => ["mappings", "edit", ROLE, ...WRITE],
    environment: () => ({ EDITOR: "sed -i s/developers/testers/" }),
    output: "text",
  },
  { name: "mappings remove", target: "ssm", words: () => ["mappings", "remove", ROLE, ...WRITE], output: "text" },
  { name: "mappings deny", target: "ssm", words: () => ["mappings", "deny", `${USER}2`, ...WRITE], output: "text" },
  { name: "mappings allow", target: "ssm", words: () => ["mappings", "allow", USER, ...WRITE], output: "text" },
  { name: "mappings rollback", target: "ssm", words: () => ["mappings", "rollback", ROLE, ...WRITE], output: "text" },
  {
    name: "mappings apply",
    target: "ssm",
    words: ({ files }) => ["mappings", "apply", "-f", files.mappings, ...WRITE],
    output: "text",
  },
  {
    name: "mappings diff",
    target: "ssm",
    words: ({ files }) => ["mappings", "diff", "-f", files.unchanged, ...CLUSTER, ...FAST],
    output: "text",
  },
  { name: "callers list", target: "ssm", words: () => json("callers", "list"), output: "json" },
  { name: "callers add", target: "ssm", words: () => ["callers", "add", "second", ...CLUSTER, "-y"], output: "text" },
  {
    name: "callers remove",
    target: "ssm",
    words: () => ["callers", "remove", "old-control-plane", ...CLUSTER, "-y"],
    output: "text",
  },
  {
    name: "reviews list",
    target: "logs",
    words: () => [...json("reviews", "list", "--log-group", "log"), "--rate", "100000"],
    output: "json",
  },
  {
    name: "reviews list --follow",
    target: "logs",
    words: () => [...json("reviews", "list", "--log-group", "log", "--follow"), "--rate", "100000"],
    output: "json lines",
    endless: true,
  },
  { name: "reviews list", target: "cloudformation", words: () => json("reviews", "list"), output: "json" },
  {
    name: "reviews stats",
    target: "logs",
    words: () => [...json("reviews", "stats", "--log-group", "log"), "--rate", "100000"],
    output: "json",
  },
  { name: "doctor", target: "authenticate", words: endpoint, output: "json" },
  { name: "doctor", target: "ssm", words: endpoint, output: "json" },
  { name: "irsa keys list", target: "ssm", words: () => json("irsa", "keys", "list"), output: "json" },
  {
    name: "irsa keys publish",
    target: "kubernetes",
    words: ({ url, files }) => [
      "irsa",
      "keys",
      "publish",
      ...CLUSTER,
      "-y",
      "--kubeconfig",
      files.kubeconfig(`${url}/kubernetes`),
    ],
    output: "text",
    tls: true,
  },
  { name: "irsa keys retire", target: "ssm", words: retire, output: "text", tls: true },
  { name: "irsa keys retire", target: "kubernetes", words: retire, output: "text", tls: true },
  { name: "irsa doctor", target: "issuer", words: irsaDoctor, output: "json", tls: true },
  { name: "irsa doctor", target: "kubernetes", words: irsaDoctor, output: "json", tls: true },
  { name: "irsa doctor", target: "iam", words: irsaDoctor, output: "json", tls: true },
  {
    name: "TAB, a mapping",
    target: "ssm",
    words: () => ["__complete", "mappings", "role/", "mappings", "get", ...CLUSTER],
    output: "lines",
    limit: 2_000,
  },
  {
    name: "TAB, a caller",
    target: "credentials",
    tls: false,
    slow: true,
    words: () => ["__complete", "callers", "", "callers", "remove", ...CLUSTER],
    environment: container,
    output: "lines",
    limit: 2_000,
  },
];

const offline = (...words: string[]): HostileCommand => ({
  name: words.join(" "),
  target: "any",
  words: () => words,
  output: "text",
});
const ISSUER = ["--issuer", "https://abc.execute-api.eu-west-1.amazonaws.com"];

/** The commands that need no service. */
export const OFFLINE: readonly HostileCommand[] = [
  offline("help"),
  offline("completion", "bash"),
  offline("version"),
  offline("contexts"),
  offline("mappings", "schema"),
  { ...offline("mappings", "import"), words: ({ files }) => ["mappings", "import", "-f", files.awsAuth] },
  { ...offline("kubeconfig", "webhook"), words: webhook },
  {
    ...offline("kubeconfig", "client"),
    words: () => ["kubeconfig", "client", ...CLUSTER, "--server", "https://10.0.0.1:6443"],
  },
  offline("jwt", "policy", ...CLUSTER),
  offline("rbac"),
  offline("irsa", "flags", ...ISSUER),
  offline("irsa", "policy"),
  offline("irsa", "trust-policy", "team-a/reader", "--aws-account", "111122223333", ...ISSUER),
];
