// The commands that call services, once for each service that they call.

import { type Files, OLD_KEY, SECRETS } from "./inputs.ts";

export interface HostileCommand {
  readonly name: string;
  /** The operations that misbehave. All others are honest. */
  readonly target: string;
  /**
   * The words, separated by spaces. `{name}` is a file of `Files`, `{url}` the server,
   * `{kubeconfig}` a file for it.
   */
  readonly line: string;
  readonly environment?: (place: Place) => Readonly<Record<string, string>>;
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

export function wordsOf({ line }: HostileCommand, { files, url }: Place): string[] {
  const values = { ...files, url, kubeconfig: files.kubeconfig(`${url}/kubernetes`) };
  return line.split(" ").map((word) =>
    word.replace(/^\{(\w+)\}/, (_, name: string) => {
      const value = (values as Readonly<Record<string, unknown>>)[name];
      if (typeof value !== "string") throw new Error(`${line}: ${name} is not a file`);
      return value;
    }),
  );
}

const CLUSTER = "-c prod";
const JSON_OUT = `${CLUSTER} -o json`;
const READ = `${CLUSTER} --read-rate 100000`;
const WRITE = `${READ} -y --rate 1000 --allow-weakening`;
const LOG = `${JSON_OUT} --log-group log --rate 100000`;
const REPORT = `${READ} -o json --log-group log`;
const ROLE = "arn:aws:iam::111122223333:role/Developers";
const USER = "arn:aws:iam::111122223333:user/mallory";
const NO_KEYS = { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "", AWS_SESSION_TOKEN: "" };

const container = ({ url }: Place) => ({
  ...NO_KEYS,
  AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/credentials`,
  AWS_CONTAINER_AUTHORIZATION_TOKEN: SECRETS.containerToken,
});
const webIdentity = ({ files: { webIdentity: AWS_WEB_IDENTITY_TOKEN_FILE } }: Place) => {
  return { ...NO_KEYS, AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN: ROLE };
};
const profile = (AWS_PROFILE: string) => (place: Place) => {
  return { ...NO_KEYS, AWS_CONFIG_FILE: place.files.awsConfig, AWS_PROFILE };
};
const metadata = ({ url: AWS_EC2_METADATA_SERVICE_ENDPOINT }: Place) => {
  return { ...NO_KEYS, AWS_EC2_METADATA_DISABLED: "false", AWS_EC2_METADATA_SERVICE_ENDPOINT };
};
/** For the function's clients, which do not support a password in a URL. */
const nodeServices = ({ url }: Place) => ({ AWS_ENDPOINT_URL_EC2: url, AWS_ENDPOINT_URL_IAM: url });
const TOKEN = { line: `token ${CLUSTER}`, output: "credential" } as const;
/** Its client speaks only plain HTTP. */
const LOCAL = { tls: false, slow: true } as const;
const NODE_LINE = "explain --token-file {nodeToken} -o json -c prod";
const NODE = { line: NODE_LINE, output: "json", environment: nodeServices } as const;
const SET = { line: `mappings set ${ROLE} --username dev ${WRITE}`, output: "text" } as const;
const PUBLISH = `--publish --server {url} --ca {ca} -y --allow-weakening ${CLUSTER}`;
const DOCTOR = {
  line: `doctor --endpoint {url} --token-file {callerToken} --ca {ca} ${JSON_OUT}`,
  output: "json",
} as const;
const RETIRE = {
  line: `irsa keys retire issuer/${OLD_KEY.kid} -y --signed-until 2026-01-01T00:00:00Z --kubeconfig {kubeconfig} ${CLUSTER}`,
  output: "text",
  tls: true,
} as const;
const IRSA_DOCTOR = {
  line: `irsa doctor --issuer {url}/issuer --ca {ca} --kubeconfig {kubeconfig} ${JSON_OUT}`,
  output: "json",
  tls: true,
} as const;

const EDIT = () => ({ EDITOR: "sed -i s/developers/testers/" });
const text = (
  name: string,
  target: string,
  rest: string,
  more: Partial<HostileCommand> = {},
): HostileCommand => ({
  name,
  target,
  line: `${name} ${rest}`,
  output: "text",
  ...more,
});
const json = (name: string, target: string, rest = JSON_OUT): HostileCommand =>
  text(name, target, rest, { output: "json" });

// biome-ignore format: a table
export const COMMANDS: readonly HostileCommand[] = [
  { name: "token", target: "credentials", ...TOKEN, ...LOCAL, environment: container },
  { name: "token --role", target: "sts", ...TOKEN, line: `token ${CLUSTER} --role ${ROLE}` },
  { name: "token, web identity", target: "sts", ...TOKEN, environment: webIdentity },
  { name: "token, a profile's role", target: "sts", ...TOKEN, environment: profile("role") },
  { name: "token, IAM Identity Center", target: "federation", ...TOKEN, environment: profile("person") },
  { name: "token, an instance's role", target: "latest", ...TOKEN, ...LOCAL, environment: metadata },
  json("whoami", "sts"),
  json("whoami", "ssm"),
  text("explain", "ssm", `${CLUSTER} ${ROLE}`, { name: "explain <arn>" }),
  { ...json("explain", "sts", `--token-file {token} ${JSON_OUT}`), name: "explain <token>" },
  { name: "explain <a node's token>", target: "ec2", ...NODE },
  { name: "explain <a node's token>", target: "iam", ...NODE },
  text("mappings list", "ssm", READ),
  { ...json("mappings list", "ssm", `${READ} -o json`), name: "mappings list -o json" },
  json("mappings get", "ssm", `${ROLE} ${JSON_OUT}`),
  json("mappings history", "ssm", `${ROLE} ${JSON_OUT}`),
  json("mappings lint", "ssm", `${READ} -o json`),
  text("mappings export", "ssm", READ),
  { name: "mappings set", target: "ssm", ...SET },
  { name: "mappings set", target: "ssm.PutParameter", ...SET },
  text("mappings edit", "ssm", `${ROLE} ${WRITE}`, { environment: EDIT }),
  text("mappings remove", "ssm", `${ROLE} ${WRITE}`),
  text("mappings deny", "ssm", `${USER}2 ${WRITE}`),
  text("mappings allow", "ssm", `${USER} ${WRITE}`),
  text("mappings rollback", "ssm", `${ROLE} ${WRITE}`),
  text("mappings apply", "ssm", `-f {mappings} ${WRITE}`),
  text("mappings diff", "ssm", `-f {unchanged} ${READ}`),
  json("callers list", "ssm"),
  text("callers add", "ssm", `second ${CLUSTER} -y`),
  text("callers remove", "ssm", `old-control-plane ${CLUSTER} -y`),
  json("reviews list", "logs", LOG),
  text("reviews list", "logs", `${LOG} --follow`, { name: "reviews list --follow", output: "json lines", endless: true }),
  json("reviews list", "cloudformation"),
  ...["logs", "iam", "sts", "ssm"].map((target) => json("report", target, REPORT)),
  text("report", "kubernetes", `${REPORT} --kubeconfig {kubeconfig}`, { output: "json", tls: true }),
  { name: "doctor", target: "authenticate", ...DOCTOR },
  { name: "doctor", target: "ssm", ...DOCTOR },
  text("kubeconfig client", "ssm", CLUSTER),
  ...["ssm", "version"].map((target) => text("kubeconfig client", target, PUBLISH, { name: "kubeconfig client --publish", tls: true })),
  json("irsa keys list", "ssm"),
  text("irsa keys publish", "kubernetes", `${CLUSTER} -y --kubeconfig {kubeconfig}`, { tls: true }),
  ...["ssm", "kubernetes"].map((target) => ({ name: "irsa keys retire", target, ...RETIRE })),
  ...["issuer", "kubernetes", "iam"].map((target) => ({ name: "irsa doctor", target, ...IRSA_DOCTOR })),
  { name: "TAB, a mapping", target: "ssm", line: `__complete mappings role/ mappings get ${CLUSTER}`, output: "lines", limit: 2_000 },
  {
    name: "TAB, a caller",
    target: "credentials",
    ...LOCAL,
    // The second word is empty.
    line: `__complete callers  callers remove ${CLUSTER}`,
    environment: container,
    output: "lines",
    limit: 2_000,
  },
];

const ISSUER = "--issuer https://abc.execute-api.eu-west-1.amazonaws.com";

/** The commands that need no service. */
export const OFFLINE: readonly HostileCommand[] = [
  "help",
  "completion bash",
  "version",
  "contexts list",
  "contexts from-cdk {cdkJson} --dry-run",
  "mappings schema",
  "mappings import -f {awsAuth}",
  "kubeconfig webhook --endpoint https://auth.example.com --token-file {callerToken}",
  `kubeconfig client ${CLUSTER} --server https://10.0.0.1:6443`,
  "rbac",
  `irsa flags ${ISSUER}`,
  "irsa policy",
  `irsa trust-policy team-a/reader --aws-account 111122223333 ${ISSUER}`,
].map((line) => ({ name: line, target: "any", line, output: "text" }));
