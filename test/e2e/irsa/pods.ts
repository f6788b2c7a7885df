// Pods and their expected changes: the rules of amazon-eks-pod-identity-webhook as a table.

import type { policies } from "../../../cli/commands/irsa/admission-policy.ts";

export type PolicyOptions = Parameters<typeof policies>[0];

export const PLAIN_POLICY: PolicyOptions = {
  tokenAudience: "sts.amazonaws.com",
  tokenExpiration: 86_400,
  reinvocationPolicy: "Never",
  mutatingApi: "v1",
};
export const ROLE = "arn:aws:iam::111122223333:role/reader";
export const REGION = "eu-west-1";
export const TOKEN_FILE = "/var/run/secrets/eks.amazonaws.com/serviceaccount/token";
const WINDOWS_FILE = "C:\\var\\run\\secrets\\eks.amazonaws.com\\serviceaccount\\token";

/** Environments by name: `NAME=value`; a name without value comes from a Secret. */
type Containers = Readonly<Record<string, readonly string[] | undefined>>;

export interface PodCase {
  readonly name: string;
  /** Default: one for each case. */
  readonly account?: string;
  /** Annotations; `eks.amazonaws.com/` is the default prefix, and `ROLE` the default `role-arn`. */
  readonly serviceAccount?: Readonly<Record<string, string | undefined>>;
  readonly pod?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly namespace?: "app" | "left-alone";
  readonly spec?: Readonly<Record<string, unknown>>;
  /**
   * A mirror Pod, which kubelet creates for a static Pod: with a node, without a service account.
   */
  readonly mirror?: true;
  readonly init?: Containers;
  /** Default: one named `main`. */
  readonly containers?: Containers;
  readonly volumes?: readonly string[];
  readonly mountPath?: string;
  readonly expected: Expected | { readonly refused: string };
}

export interface Expected {
  /** In order; `token:<audience>:<seconds>` is the added volume. */
  readonly volumes: readonly string[];
  /** Environment of each container, init containers first; a final `+` means with the mount. */
  readonly containers: Readonly<Record<string, readonly string[]>>;
}

type Given = Omit<PodCase, "name" | "expected">;

const TOKEN = "token:sts.amazonaws.com:86400";
const IDENTITY = [`AWS_ROLE_ARN=${ROLE}`, `AWS_WEB_IDENTITY_TOKEN_FILE=${TOKEN_FILE}`];
const ALL = [...IDENTITY, "+"];
const UNREACHABLE = "AWS_EC2_METADATA_DISABLED=true";
const REGIONAL = "AWS_STS_REGIONAL_ENDPOINTS=regional";

const GETS_ALL = { main: ALL };

/** By default, the container `main` gets everything. */
function gives(
  name: string,
  given: Given = {},
  containers: Expected["containers"] = GETS_ALL,
  volumes: readonly string[] = [TOKEN],
): PodCase {
  return { name, ...given, expected: { volumes, containers } };
}

/** The Pod does not change. */
function skips(name: string, given: Given): PodCase {
  return gives(name, given, { main: [] }, []);
}

/** Pods whose container `main` has these variables before and after. */
// biome-ignore format: a table
const WITH_VARIABLES = [
  ["existing variables stay first", ["A=1", "B=2", "A=3"], ALL],
  ["a container with its own role gets no variables, but the mount", ["AWS_ROLE_ARN=own"], ["+"]],
  ["a container with its own token file gets no variables, but the mount", ["AWS_WEB_IDENTITY_TOKEN_FILE=/own"], ["+"]],
  ["a role from a Secret is the container's own role", ["AWS_ROLE_ARN"], ["+"]],
  ["a container with every variable gets neither variables nor mount", ["AWS_ROLE_ARN=x", "AWS_REGION=y", "AWS_STS_REGIONAL_ENDPOINTS=legacy"], []],
  ["access keys in the environment are ignored", ["AWS_ACCESS_KEY_ID=AKIA"], ALL],
] as const;

/** skip-containers for a Pod with the containers `a` and `b`, and the skipped ones. */
const SKIPPED = [
  ["after empty lines, which the CSV reader skips", "\na", ["a"]],
  ["only the first line", "a\nb", ["a"]],
  ["a quoted line break belongs to a name", '"x\ny",b', ["b"]],
  ["a quoted comma belongs to a name", '"a,b"', []],
  ["a quote inside a name is an error: nothing is skipped", 'a,b"', []],
  ["text after a quoted name is an error: nothing is skipped", '"a"b,b', []],
  ["an error in the second line does not matter", 'a\n"b', ["a"]],
  ["empty names", ",a,,b,", ["a", "b"]],
] as const;

/**
 * token-expiration of the service account and of the Pod, and the seconds, as Go's ParseInt reads
 * them.
 */
const EXPIRATIONS = [
  ["3600", undefined, 3600],
  ["3600", "7200", 7200],
  ["599", undefined, 600],
  [undefined, "0", 600],
  ["-1", undefined, 600],
  ["+3600", undefined, 3600],
  ["000000000000000000003600", undefined, 3600],
  ["-0", undefined, 600],
] as const;

const REFUSED = [
  ["eks.amazonaws.com/role-arn", "reader", "must be the ARN of an IAM role, not 'reader'"],
  [
    "eks.amazonaws.com/role-arn",
    "arn:aws:iam::111122223333:user/reader",
    "must be the ARN of an IAM role",
  ],
  ["eks.amazonaws.com/role-arn", `${ROLE}\n`, "must be the ARN of an IAM role"],
  ["eks.amazonaws.com/audience", "", "must be an audience, or be left out, not ''"],
  ...["24h", "", "+", "3600 ", "1e3", "0x10", "1_000", "9223372036854775808"].map(
    (value) =>
      [
        "eks.amazonaws.com/token-expiration",
        value,
        `must be a number of seconds, not '${value}'`,
      ] as const,
  ),
  [
    "irsa.iam-authenticator/region",
    "paris",
    "must be an AWS region such as eu-west-1, not 'paris'",
  ],
  ["irsa.iam-authenticator/role-session-name", "me", "must be true or false, not 'me'"],
  ["eks.amazonaws.com/sts-regional-endpoints", "yes", "must be true or false, not 'yes'"],
] as const;

const LONG = `reader.v2-${"r".repeat(100)}`;
const OWN = ["aws-iam-token"];
const AB = { a: undefined, b: undefined };
const OTHER_ROLE = "arn:aws-cn:iam::111122223333:role/team/a+b=c,d.e@f-g_h";
const WINDOWS = [`AWS_ROLE_ARN=${ROLE}`, `AWS_WEB_IDENTITY_TOKEN_FILE=${WINDOWS_FILE}`, "+"];
const REGIONAL_ACCOUNT = { "sts-regional-endpoints": "true" };

/** Cases for the policy without options. */
// biome-ignore format: a table
export const PLAIN_CASES: readonly PodCase[] = [
  gives("one container"),
  skips("no annotation", { serviceAccount: { "role-arn": undefined } }),
  skips("a mirror Pod beside an annotated service account", { mirror: true }),
  skips("an empty role", { serviceAccount: { "role-arn": "" } }),
  skips("other annotations without a role", { serviceAccount: { "role-arn": undefined, audience: "a", ...REGIONAL_ACCOUNT } }),
  gives("a role with a path, in another partition", { serviceAccount: { "role-arn": OTHER_ROLE } }, { main: [`AWS_ROLE_ARN=${OTHER_ROLE}`, `AWS_WEB_IDENTITY_TOKEN_FILE=${TOKEN_FILE}`, "+"] }),
  gives("a sidecar (init container with restartPolicy Always)", { init: { sidecar: undefined }, spec: { restartPolicyOfInit: "Always" } }, { sidecar: ALL, main: ALL }),
  ...WITH_VARIABLES.map(([name, main, added]) => gives(name, { containers: { main } }, { main: [...main, ...added] })),
  gives(
    "only the container without the variables gets them",
    { init: { init: ["AWS_ROLE_ARN=x"] }, containers: { a: ["AWS_ROLE_ARN=x"], b: undefined } },
    { init: ["AWS_ROLE_ARN=x", "+"], a: ["AWS_ROLE_ARN=x", "+"], b: ALL },
  ),
  gives("existing volumes stay after the new one", { volumes: ["data", "cache"], mountPath: "/mnt/data" }, GETS_ALL, [TOKEN, "data", "cache"]),
  gives("an existing volume of that name is unchanged", { volumes: OWN }, GETS_ALL, OWN),
  gives("an existing mount of that volume is unchanged", { volumes: OWN, mountPath: "/elsewhere" }, { main: [...IDENTITY, "+/elsewhere"] }, OWN),
  gives("a Pod without kube-apiserver's token still gets this token", { spec: { automountServiceAccountToken: false } }),
  gives("skip-containers: one container, also an init container", { pod: { "skip-containers": "b,init" }, init: { init: undefined }, containers: AB }, { init: [], a: ALL, b: [] }),
  gives("skip-containers: CSV quotes; spaces and unknown names are ignored", { pod: { "skip-containers": '"a", b ,nobody' }, containers: { ...AB, ab: undefined } }, { a: [], b: [], ab: ALL }),
  ...SKIPPED.map(([what, value, skipped]) => {
    const envOf = (name: string) => (skipped.some((container) => container === name) ? [] : ALL);
    const given = { pod: { "skip-containers": value }, containers: AB };
    return gives(`skip-containers: ${what}`, given, { a: envOf("a"), b: envOf("b") });
  }),
  gives("skip-containers: all; the volume is still added", { pod: { "skip-containers": "main" } }, { main: [] }),
  gives("skip-containers of the service account is ignored", { serviceAccount: { "skip-containers": "main" } }),
  skips("the label that excludes a Pod", { labels: { "eks.amazonaws.com/skip-pod-identity-webhook": "" } }),
  gives("an audience of the service account", { serviceAccount: { audience: "sts.cn-north-1.amazonaws.com.cn" } }, GETS_ALL, ["token:sts.cn-north-1.amazonaws.com.cn:86400"]),
  ...EXPIRATIONS.map(([account, pod, seconds]) => {
    const name = `token-expiration: ${account} of the service account, ${pod} of the Pod: ${seconds}`;
    const given = { serviceAccount: { "token-expiration": account }, ...(pod && { pod: { "token-expiration": pod } }) };
    return gives(name, given, GETS_ALL, [`token:sts.amazonaws.com:${seconds}`]);
  }),
  gives(
    "a region of the service account",
    {
      serviceAccount: { "irsa.iam-authenticator/region": "us-gov-west-1" },
      containers: { a: undefined, b: ["AWS_REGION=paris"] },
    },
    { a: ["AWS_DEFAULT_REGION=us-gov-west-1", "AWS_REGION=us-gov-west-1", ...ALL], b: ["AWS_REGION=paris", ...ALL] },
  ),
  gives(
    "a session name from namespace and service account",
    {
      serviceAccount: { "irsa.iam-authenticator/role-session-name": "true" },
      // A name of more than 64 characters is cut.
      account: LONG,
      containers: { a: undefined, b: ["AWS_ROLE_SESSION_NAME=own"], c: ["AWS_ROLE_ARN=own"] },
    },
    {
      a: [...IDENTITY, `AWS_ROLE_SESSION_NAME=app.${LONG.slice(0, 60)}`, "+"],
      b: ["AWS_ROLE_SESSION_NAME=own", ...ALL],
      c: ["AWS_ROLE_ARN=own", "+"],
    },
  ),
  gives(
    "no instance metadata, and the container's value stays",
    {
      serviceAccount: { "irsa.iam-authenticator/ec2-metadata-disabled": "true" },
      init: { init: undefined },
      containers: { main: undefined, b: ["AWS_EC2_METADATA_DISABLED=false"] },
    },
    {
      init: [...IDENTITY, UNREACHABLE, "+"],
      main: [...IDENTITY, UNREACHABLE, "+"],
      b: ["AWS_EC2_METADATA_DISABLED=false", ...ALL],
    },
  ),
  ...["true", "1"].map((value) =>
    gives(
      `sts-regional-endpoints: ${value}`,
      { serviceAccount: { "sts-regional-endpoints": value } },
      { main: [REGIONAL, ...ALL] },
    ),
  ),
  gives(
    "sts-regional-endpoints: the container's value stays",
    { serviceAccount: REGIONAL_ACCOUNT, containers: { main: ["AWS_STS_REGIONAL_ENDPOINTS=legacy"] } },
    { main: ["AWS_STS_REGIONAL_ENDPOINTS=legacy", ...ALL] },
  ),
  ...["kubernetes.io/os", "beta.kubernetes.io/os"].map((label) =>
    gives(`Windows by ${label}`, { spec: { nodeSelector: { [label]: "windows" } } }, { main: WINDOWS }),
  ),
  gives("two ports with the same number, which a merge would break", { spec: { ports: ["UDP", "TCP"].map((protocol) => ({ containerPort: 53, protocol })) } }),
  ...REFUSED.map(([annotation, value, rule]) => ({ name: `refused: ${annotation} '${value}'`, serviceAccount: { [annotation]: value }, expected: { refused: `${annotation} ${rule}` } })),
  {
    name: "refused: a token-expiration of the Pod that is not a number",
    pod: { "token-expiration": "a day" },
    expected: {
      refused: "Pod: the annotation eks.amazonaws.com/token-expiration must be a number of seconds, not 'a day'",
    },
  },
];

const REGIONS = [`AWS_DEFAULT_REGION=${REGION}`, `AWS_REGION=${REGION}`];
const NAMED = [
  REGIONAL,
  ...REGIONS,
  ...IDENTITY,
  "AWS_ROLE_SESSION_NAME=app.reader",
  UNREACHABLE,
  "+",
];
const OPTION_TOKEN = ["token:sts.example.com:1800"];

const init = { init: undefined };
export const OPTION_CASES: readonly PodCase[] = [
  gives(
    "options set every default",
    { account: "reader", init },
    { init: NAMED, main: NAMED },
    OPTION_TOKEN,
  ),
  gives(
    "annotations take precedence over options",
    {
      serviceAccount: {
        audience: "sts.amazonaws.com",
        "token-expiration": "3600",
        "sts-regional-endpoints": "false",
        "irsa.iam-authenticator/region": "cn-north-1",
        "irsa.iam-authenticator/role-session-name": "false",
        "irsa.iam-authenticator/ec2-metadata-disabled": "false",
      },
    },
    { main: ["AWS_DEFAULT_REGION=cn-north-1", "AWS_REGION=cn-north-1", ...ALL] },
    ["token:sts.amazonaws.com:3600"],
  ),
  gives(
    "a container with one region variable gets no other",
    {
      serviceAccount: { "irsa.iam-authenticator/role-session-name": "false" },
      containers: { a: ["AWS_REGION=paris"], b: ["AWS_DEFAULT_REGION=paris"] },
    },
    {
      a: ["AWS_REGION=paris", REGIONAL, ...IDENTITY, UNREACHABLE, "+"],
      b: ["AWS_DEFAULT_REGION=paris", REGIONAL, ...IDENTITY, UNREACHABLE, "+"],
    },
    OPTION_TOKEN,
  ),
  gives(
    "a container with its own role still gets region and STS variables",
    { containers: { main: ["AWS_ROLE_ARN=x"] } },
    { main: ["AWS_ROLE_ARN=x", REGIONAL, ...REGIONS, UNREACHABLE, "+"] },
    OPTION_TOKEN,
  ),
  skips("an excluded namespace", { namespace: "left-alone" }),
  skips("an invalid annotation in an excluded namespace", {
    namespace: "left-alone",
    serviceAccount: { "role-arn": "nonsense" },
  }),
];
