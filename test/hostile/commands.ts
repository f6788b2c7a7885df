// The commands that ask somebody, each once for every service that it asks.

import { type Files, SECRETS } from "./inputs.ts";

export interface HostileCommand {
  readonly name: string;
  /** The operations that misbehave; every other one behaves. */
  readonly target: string;
  readonly words: (place: Place) => readonly string[];
  /** In place of the usual keys. */
  readonly environment?: (place: Place) => Readonly<Record<string, string>>;
  /** How its standard output is read, where it is not empty. */
  readonly output: "json" | "lines" | "credential" | "text";
  /** Only over TLS. */
  readonly tls?: true;
  /** What it may take at most, in milliseconds; default: as long as a call of AWS may take with all its tries. */
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
const WRITE = ["-y", "--rate", "1000", "--allow-weakening", "--force"];
const ROLE = "arn:aws:iam::111122223333:role/Developers";
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

export const COMMANDS: readonly HostileCommand[] = [
  {
    name: "token",
    target: "credentials",
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
  { name: "whoami", target: "sts", words: () => json("whoami"), output: "json" },
  { name: "whoami", target: "ssm", words: () => json("whoami"), output: "json" },
  { name: "explain <arn>", target: "ssm", words: () => ["explain", ...CLUSTER, ROLE], output: "text" },
  {
    name: "explain <token>",
    target: "sts",
    words: ({ files }) => json("explain", "--token-file", files.token),
    output: "json",
  },
  { name: "mappings list", target: "ssm", words: () => ["mappings", "list", ...CLUSTER, ...FAST], output: "text" },
  { name: "mappings list -o json", target: "ssm", words: () => [...json("mappings", "list"), ...FAST], output: "json" },
  { name: "mappings get", target: "ssm", words: () => json("mappings", "get", ROLE), output: "json" },
  { name: "mappings history", target: "ssm", words: () => json("mappings", "history", ROLE), output: "json" },
  { name: "mappings lint", target: "ssm", words: () => [...json("mappings", "lint"), ...FAST], output: "json" },
  { name: "mappings export", target: "ssm", words: () => ["mappings", "export", ...CLUSTER, ...FAST], output: "text" },
  {
    name: "mappings set",
    target: "ssm",
    words: () => ["mappings", "set", ROLE, "--username", "dev", ...CLUSTER, ...WRITE],
    output: "text",
  },
  {
    name: "mappings set (write)",
    target: "ssm.PutParameter",
    words: () => ["mappings", "set", ROLE, "--username", "dev", ...CLUSTER, ...WRITE],
    output: "text",
  },
  {
    name: "mappings apply",
    target: "ssm",
    words: ({ files }) => ["mappings", "apply", "-f", files.mappings, ...CLUSTER, ...WRITE, ...FAST],
    output: "text",
  },
  { name: "callers list", target: "ssm", words: () => json("callers", "list"), output: "json" },
  {
    name: "reviews list",
    target: "logs",
    words: () => [...json("reviews", "list", "--log-group", "log"), "--rate", "100000"],
    output: "json",
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
    words: () => ["__complete", "callers", "", "callers", "remove", ...CLUSTER],
    environment: container,
    output: "lines",
    limit: 2_000,
  },
];
