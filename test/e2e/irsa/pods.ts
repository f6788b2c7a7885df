// Pods and their expected changes: the rules of amazon-eks-pod-identity-webhook as a table.

export const ROLE = "arn:aws:iam::111122223333:role/reader";
export const REGION = "eu-west-1";
export const TOKEN_FILE = "/var/run/secrets/eks.amazonaws.com/serviceaccount/token";
const WINDOWS_FILE = "C:\\var\\run\\secrets\\eks.amazonaws.com\\serviceaccount\\token";

export interface Container {
  readonly name: string;
  /** `NAME=value`; a name without value comes from a Secret. */
  readonly env?: readonly string[];
  /** Volume names, or `name:path`. */
  readonly mounts?: readonly string[];
}

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
  /** A mirror Pod, which kubelet creates for a static Pod: with a node, without a service account. */
  readonly mirror?: true;
  readonly init?: readonly Container[];
  /** Default: one named `main`. */
  readonly containers?: readonly Container[];
  readonly volumes?: readonly string[];
  readonly expected: Expected | { readonly refused: string };
}

export interface Expected {
  /** In order; `token:<audience>:<seconds>` is the added volume. */
  readonly volumes: readonly string[];
  /** Environment of each container, init containers first; a final `+` means with the mount. */
  readonly containers: Readonly<Record<string, readonly string[]>>;
}

const TOKEN = "token:sts.amazonaws.com:86400";
const IDENTITY = [`AWS_ROLE_ARN=${ROLE}`, `AWS_WEB_IDENTITY_TOKEN_FILE=${TOKEN_FILE}`];
const ALL = [...IDENTITY, "+"];
const UNREACHABLE = "AWS_EC2_METADATA_DISABLED=true";
const REGIONAL = "AWS_STS_REGIONAL_ENDPOINTS=regional";

/** A Pod with the containers `a` and `b`. */
function skips(name: string, value: string, skipped: readonly string[]): PodCase {
  const containers = Object.fromEntries(["a", "b"].map((one) => [one, skipped.includes(one) ? [] : ALL]));
  return {
    name,
    pod: { "skip-containers": value },
    containers: [{ name: "a" }, { name: "b" }],
    expected: { volumes: [TOKEN], containers },
  };
}

const REGIONS = [`AWS_DEFAULT_REGION=${REGION}`, `AWS_REGION=${REGION}`];

/** Cases for the policy without options. */
export const PLAIN_CASES: readonly PodCase[] = [
  { name: "one container", expected: { volumes: [TOKEN], containers: { main: ALL } } },
  {
    name: "no annotation: nothing",
    serviceAccount: { "role-arn": undefined },
    expected: { volumes: [], containers: { main: [] } },
  },
  {
    name: "a mirror Pod beside an annotated service account: nothing",
    mirror: true,
    expected: { volumes: [], containers: { main: [] } },
  },
  {
    name: "an empty role: nothing",
    serviceAccount: { "role-arn": "" },
    expected: { volumes: [], containers: { main: [] } },
  },
  {
    name: "other annotations without a role: nothing",
    serviceAccount: { "role-arn": undefined, audience: "a", "sts-regional-endpoints": "true" },
    expected: { volumes: [], containers: { main: [] } },
  },
  {
    name: "a role with a path, in another partition",
    serviceAccount: { "role-arn": "arn:aws-cn:iam::111122223333:role/team/a+b=c,d.e@f-g_h" },
    expected: {
      volumes: [TOKEN],
      containers: {
        main: [
          "AWS_ROLE_ARN=arn:aws-cn:iam::111122223333:role/team/a+b=c,d.e@f-g_h",
          `AWS_WEB_IDENTITY_TOKEN_FILE=${TOKEN_FILE}`,
          "+",
        ],
      },
    },
  },
  {
    name: "two containers and two init containers",
    init: [{ name: "init-1" }, { name: "init-2" }],
    containers: [{ name: "a" }, { name: "b" }],
    expected: { volumes: [TOKEN], containers: { "init-1": ALL, "init-2": ALL, a: ALL, b: ALL } },
  },
  {
    name: "a sidecar (init container with restartPolicy Always)",
    init: [{ name: "sidecar" }],
    spec: { restartPolicyOfInit: "Always" },
    expected: { volumes: [TOKEN], containers: { sidecar: ALL, main: ALL } },
  },
  {
    name: "existing variables stay first",
    containers: [{ name: "main", env: ["A=1", "B=2", "A=3"] }],
    expected: { volumes: [TOKEN], containers: { main: ["A=1", "B=2", "A=3", ...ALL] } },
  },
  {
    name: "an empty list of variables",
    containers: [{ name: "main", env: [] }],
    expected: { volumes: [TOKEN], containers: { main: ALL } },
  },
  {
    name: "a container with its own role gets no variables, but the mount",
    containers: [{ name: "main", env: ["AWS_ROLE_ARN=arn:aws:iam::444455556666:role/own"] }],
    expected: { volumes: [TOKEN], containers: { main: ["AWS_ROLE_ARN=arn:aws:iam::444455556666:role/own", "+"] } },
  },
  {
    name: "a container with its own token file gets no variables, but the mount",
    containers: [{ name: "main", env: ["AWS_WEB_IDENTITY_TOKEN_FILE=/own"] }],
    expected: { volumes: [TOKEN], containers: { main: ["AWS_WEB_IDENTITY_TOKEN_FILE=/own", "+"] } },
  },
  {
    name: "a role from a Secret is the container's own role",
    containers: [{ name: "main", env: ["AWS_ROLE_ARN"] }],
    expected: { volumes: [TOKEN], containers: { main: ["AWS_ROLE_ARN", "+"] } },
  },
  {
    name: "only the container without the variables gets them",
    init: [{ name: "init", env: ["AWS_ROLE_ARN=x"] }],
    containers: [{ name: "a", env: ["AWS_ROLE_ARN=x"] }, { name: "b" }],
    expected: { volumes: [TOKEN], containers: { init: ["AWS_ROLE_ARN=x", "+"], a: ["AWS_ROLE_ARN=x", "+"], b: ALL } },
  },
  {
    name: "a container with every variable gets neither variables nor mount",
    containers: [{ name: "main", env: ["AWS_ROLE_ARN=x", "AWS_REGION=y", "AWS_STS_REGIONAL_ENDPOINTS=legacy"] }],
    expected: {
      volumes: [TOKEN],
      containers: { main: ["AWS_ROLE_ARN=x", "AWS_REGION=y", "AWS_STS_REGIONAL_ENDPOINTS=legacy"] },
    },
  },
  {
    name: "access keys in the environment are ignored",
    containers: [{ name: "main", env: ["AWS_ACCESS_KEY_ID=AKIA"] }],
    expected: { volumes: [TOKEN], containers: { main: ["AWS_ACCESS_KEY_ID=AKIA", ...ALL] } },
  },
  {
    name: "existing volumes stay after the new one",
    volumes: ["data", "cache"],
    containers: [{ name: "main", mounts: ["data"] }],
    expected: { volumes: [TOKEN, "data", "cache"], containers: { main: ALL } },
  },
  {
    name: "an existing volume of that name is unchanged",
    volumes: ["aws-iam-token"],
    expected: { volumes: ["aws-iam-token"], containers: { main: ALL } },
  },
  {
    name: "an existing mount of that volume is unchanged",
    volumes: ["aws-iam-token"],
    containers: [{ name: "main", mounts: ["aws-iam-token:/elsewhere"] }],
    expected: { volumes: ["aws-iam-token"], containers: { main: [...IDENTITY, "+/elsewhere"] } },
  },
  {
    name: "a Pod without kube-apiserver's token still gets this token",
    spec: { automountServiceAccountToken: false },
    expected: { volumes: [TOKEN], containers: { main: ALL } },
  },
  {
    name: "skip-containers: one container, also an init container",
    pod: { "skip-containers": "b,init" },
    init: [{ name: "init" }],
    containers: [{ name: "a" }, { name: "b" }],
    expected: { volumes: [TOKEN], containers: { init: [], a: ALL, b: [] } },
  },
  {
    name: "skip-containers: CSV quotes; spaces and unknown names are ignored",
    pod: { "skip-containers": '"a", b ,nobody' },
    containers: [{ name: "a" }, { name: "b" }, { name: "ab" }],
    expected: { volumes: [TOKEN], containers: { a: [], b: [], ab: ALL } },
  },
  ...[
    ["after empty lines, which the CSV reader skips", "\na", ["a"]],
    ["after empty lines of Windows", "\r\n\r\na,b\r\n", ["a", "b"]],
    ["only the first line", "a\nb", ["a"]],
    ["a quoted line break belongs to a name", '"x\ny",b', ["b"]],
    ["a quoted comma belongs to a name", '"a,b"', []],
    ["a quote inside a name is an error: nothing is skipped", 'a,b"', []],
    ["text after a quoted name is an error: nothing is skipped", '"a"b,b', []],
    ["an open quote is an error: nothing is skipped", 'a,"b', []],
    ["an error in the second line does not matter", 'a\n"b', ["a"]],
    ["empty names", ",a,,b,", ["a", "b"]],
    ["empty quotes", '"",b', ["b"]],
    ["only empty lines", "\n\n", []],
  ].map(([what, value, skipped]) => skips(`skip-containers: ${what}`, value as string, skipped as string[])),
  {
    name: "skip-containers: all containers; the volume is still added",
    pod: { "skip-containers": "main" },
    expected: { volumes: [TOKEN], containers: { main: [] } },
  },
  {
    name: "skip-containers: empty",
    pod: { "skip-containers": "" },
    expected: { volumes: [TOKEN], containers: { main: ALL } },
  },
  {
    name: "skip-containers of the service account is ignored",
    serviceAccount: { "skip-containers": "main" },
    expected: { volumes: [TOKEN], containers: { main: ALL } },
  },
  {
    name: "the label that excludes a Pod",
    labels: { "eks.amazonaws.com/skip-pod-identity-webhook": "" },
    expected: { volumes: [], containers: { main: [] } },
  },
  {
    name: "an audience of the service account",
    serviceAccount: { audience: "sts.cn-north-1.amazonaws.com.cn" },
    expected: { volumes: ["token:sts.cn-north-1.amazonaws.com.cn:86400"], containers: { main: ALL } },
  },
  {
    name: "token-expiration of the service account",
    serviceAccount: { "token-expiration": "3600" },
    expected: { volumes: ["token:sts.amazonaws.com:3600"], containers: { main: ALL } },
  },
  {
    name: "token-expiration of the Pod takes precedence",
    serviceAccount: { "token-expiration": "3600" },
    pod: { "token-expiration": "7200" },
    expected: { volumes: ["token:sts.amazonaws.com:7200"], containers: { main: ALL } },
  },
  {
    name: "token-expiration below 600 is 600",
    serviceAccount: { "token-expiration": "599" },
    expected: { volumes: ["token:sts.amazonaws.com:600"], containers: { main: ALL } },
  },
  {
    name: "token-expiration 0 of the Pod is 600",
    pod: { "token-expiration": "0" },
    expected: { volumes: ["token:sts.amazonaws.com:600"], containers: { main: ALL } },
  },
  ...[
    ["-1", 600],
    ["-99999", 600],
    ["+3600", 3600],
    ["003600", 3600],
    ["000000000000000000003600", 3600],
    ["-0", 600],
  ].map(([value, seconds]) => ({
    name: `token-expiration ${value} is ${seconds}, as Go's ParseInt reads it`,
    serviceAccount: { "token-expiration": String(value) },
    expected: { volumes: [`token:sts.amazonaws.com:${seconds}`], containers: { main: ALL } },
  })),
  {
    name: "token-expiration +7200 of the Pod",
    pod: { "token-expiration": "+7200" },
    expected: { volumes: ["token:sts.amazonaws.com:7200"], containers: { main: ALL } },
  },
  {
    name: "a region of the service account",
    serviceAccount: { "irsa.iam-authenticator/region": "us-gov-west-1" },
    containers: [{ name: "a" }, { name: "b", env: ["AWS_REGION=paris"] }],
    expected: {
      volumes: [TOKEN],
      containers: {
        a: ["AWS_DEFAULT_REGION=us-gov-west-1", "AWS_REGION=us-gov-west-1", ...ALL],
        b: ["AWS_REGION=paris", ...ALL],
      },
    },
  },
  {
    name: "a session name from namespace and service account",
    serviceAccount: { "irsa.iam-authenticator/role-session-name": "true" },
    account: "reader.v2",
    containers: [
      { name: "a" },
      { name: "b", env: ["AWS_ROLE_SESSION_NAME=own"] },
      { name: "c", env: ["AWS_ROLE_ARN=own"] },
    ],
    expected: {
      volumes: [TOKEN],
      containers: {
        a: [...IDENTITY, "AWS_ROLE_SESSION_NAME=app.reader.v2", "+"],
        b: ["AWS_ROLE_SESSION_NAME=own", ...ALL],
        c: ["AWS_ROLE_ARN=own", "+"],
      },
    },
  },
  {
    name: "no instance metadata, and the container's value stays",
    serviceAccount: { "irsa.iam-authenticator/ec2-metadata-disabled": "true" },
    init: [{ name: "init" }],
    containers: [{ name: "main" }, { name: "b", env: ["AWS_EC2_METADATA_DISABLED=false"] }],
    expected: {
      volumes: [TOKEN],
      containers: {
        init: [...IDENTITY, UNREACHABLE, "+"],
        main: [...IDENTITY, UNREACHABLE, "+"],
        b: ["AWS_EC2_METADATA_DISABLED=false", ...ALL],
      },
    },
  },
  {
    name: "a session name of more than 64 characters is cut",
    serviceAccount: { "irsa.iam-authenticator/role-session-name": "1" },
    account: "r".repeat(100),
    expected: {
      volumes: [TOKEN],
      containers: { main: [...IDENTITY, `AWS_ROLE_SESSION_NAME=app.${"r".repeat(60)}`, "+"] },
    },
  },
  {
    name: "sts-regional-endpoints",
    serviceAccount: { "sts-regional-endpoints": "true" },
    expected: { volumes: [TOKEN], containers: { main: [REGIONAL, ...ALL] } },
  },
  {
    name: "sts-regional-endpoints: other Go spellings of true",
    serviceAccount: { "sts-regional-endpoints": "1" },
    expected: { volumes: [TOKEN], containers: { main: [REGIONAL, ...ALL] } },
  },
  {
    name: "sts-regional-endpoints: false",
    serviceAccount: { "sts-regional-endpoints": "false" },
    expected: { volumes: [TOKEN], containers: { main: ALL } },
  },
  {
    name: "sts-regional-endpoints: the container's value stays",
    serviceAccount: { "sts-regional-endpoints": "true" },
    containers: [{ name: "main", env: ["AWS_STS_REGIONAL_ENDPOINTS=legacy"] }],
    expected: { volumes: [TOKEN], containers: { main: ["AWS_STS_REGIONAL_ENDPOINTS=legacy", ...ALL] } },
  },
  {
    name: "Windows",
    spec: { nodeSelector: { "kubernetes.io/os": "windows" } },
    expected: {
      volumes: [TOKEN],
      containers: { main: [`AWS_ROLE_ARN=${ROLE}`, `AWS_WEB_IDENTITY_TOKEN_FILE=${WINDOWS_FILE}`, "+"] },
    },
  },
  {
    name: "Windows by its old label",
    spec: { nodeSelector: { "beta.kubernetes.io/os": "windows" } },
    expected: {
      volumes: [TOKEN],
      containers: { main: [`AWS_ROLE_ARN=${ROLE}`, `AWS_WEB_IDENTITY_TOKEN_FILE=${WINDOWS_FILE}`, "+"] },
    },
  },
  {
    name: "Linux by its label",
    spec: { nodeSelector: { "kubernetes.io/os": "linux" } },
    expected: { volumes: [TOKEN], containers: { main: ALL } },
  },
  {
    name: "two ports with the same number, which a merge would break",
    spec: {
      ports: [
        { containerPort: 53, protocol: "UDP" },
        { containerPort: 53, protocol: "TCP" },
      ],
    },
    expected: { volumes: [TOKEN], containers: { main: ALL } },
  },
  {
    name: "refused: a role that is not an ARN",
    serviceAccount: { "role-arn": "reader" },
    expected: { refused: "eks.amazonaws.com/role-arn must be the ARN of an IAM role, not 'reader'" },
  },
  {
    name: "refused: the ARN of a user",
    serviceAccount: { "role-arn": "arn:aws:iam::111122223333:user/reader" },
    expected: { refused: "eks.amazonaws.com/role-arn must be the ARN of an IAM role" },
  },
  {
    name: "refused: a line break after the role",
    serviceAccount: { "role-arn": `${ROLE}\n` },
    expected: { refused: "eks.amazonaws.com/role-arn must be the ARN of an IAM role" },
  },
  {
    name: "refused: an empty audience",
    serviceAccount: { audience: "" },
    expected: { refused: "eks.amazonaws.com/audience must be an audience, or be left out, not ''" },
  },
  {
    name: "refused: a token-expiration with a unit",
    serviceAccount: { "token-expiration": "24h" },
    expected: { refused: "eks.amazonaws.com/token-expiration must be a number of seconds, not '24h'" },
  },
  {
    name: "refused: a token-expiration of the Pod that is not a number",
    pod: { "token-expiration": "a day" },
    expected: {
      refused: "Pod: the annotation eks.amazonaws.com/token-expiration must be a number of seconds, not 'a day'",
    },
  },
  ...["", "+", "3600 ", "1e3", "0x10", "1_000", "9223372036854775808"].map((value) => ({
    name: `refused: token-expiration '${value}'`,
    serviceAccount: { "token-expiration": value },
    expected: { refused: `eks.amazonaws.com/token-expiration must be a number of seconds, not '${value}'` },
  })),
  {
    name: "refused: a region that cannot be one",
    serviceAccount: { "irsa.iam-authenticator/region": "paris" },
    expected: { refused: "irsa.iam-authenticator/region must be an AWS region such as eu-west-1, not 'paris'" },
  },
  {
    name: "refused: a session name other than true or false",
    serviceAccount: { "irsa.iam-authenticator/role-session-name": "me" },
    expected: { refused: "irsa.iam-authenticator/role-session-name must be true or false, not 'me'" },
  },
  {
    name: "refused: ec2-metadata-disabled: yes",
    serviceAccount: { "irsa.iam-authenticator/ec2-metadata-disabled": "yes" },
    expected: { refused: "irsa.iam-authenticator/ec2-metadata-disabled must be true or false, not 'yes'" },
  },
  {
    name: "refused: sts-regional-endpoints: yes",
    serviceAccount: { "sts-regional-endpoints": "yes" },
    expected: { refused: "eks.amazonaws.com/sts-regional-endpoints must be true or false, not 'yes'" },
  },
];

const NAMED = [...IDENTITY, "AWS_ROLE_SESSION_NAME=app.reader", UNREACHABLE, "+"];

/** Cases for the policy with every option: see irsa-policy.e2e.ts. */
export const OPTION_CASES: readonly PodCase[] = [
  {
    name: "options set every default",
    account: "reader",
    init: [{ name: "init" }],
    expected: {
      volumes: ["token:sts.example.com:1800"],
      containers: { init: [REGIONAL, ...REGIONS, ...NAMED], main: [REGIONAL, ...REGIONS, ...NAMED] },
    },
  },
  {
    name: "annotations take precedence over options",
    serviceAccount: {
      audience: "sts.amazonaws.com",
      "token-expiration": "3600",
      "sts-regional-endpoints": "false",
      "irsa.iam-authenticator/region": "cn-north-1",
      "irsa.iam-authenticator/role-session-name": "false",
      "irsa.iam-authenticator/ec2-metadata-disabled": "false",
    },
    expected: {
      volumes: ["token:sts.amazonaws.com:3600"],
      containers: { main: ["AWS_DEFAULT_REGION=cn-north-1", "AWS_REGION=cn-north-1", ...ALL] },
    },
  },
  {
    name: "a container with one region variable gets no other",
    serviceAccount: { "irsa.iam-authenticator/role-session-name": "false" },
    containers: [
      { name: "a", env: ["AWS_REGION=paris"] },
      { name: "b", env: ["AWS_DEFAULT_REGION=paris"] },
    ],
    expected: {
      volumes: ["token:sts.example.com:1800"],
      containers: {
        a: ["AWS_REGION=paris", REGIONAL, ...IDENTITY, UNREACHABLE, "+"],
        b: ["AWS_DEFAULT_REGION=paris", REGIONAL, ...IDENTITY, UNREACHABLE, "+"],
      },
    },
  },
  {
    name: "a container with its own role still gets region and STS variables",
    containers: [{ name: "main", env: ["AWS_ROLE_ARN=x"] }],
    expected: {
      volumes: ["token:sts.example.com:1800"],
      containers: { main: ["AWS_ROLE_ARN=x", REGIONAL, ...REGIONS, UNREACHABLE, "+"] },
    },
  },
  {
    name: "an excluded namespace",
    namespace: "left-alone",
    expected: { volumes: [], containers: { main: [] } },
  },
  {
    name: "an invalid annotation in an excluded namespace",
    namespace: "left-alone",
    serviceAccount: { "role-arn": "nonsense" },
    expected: { volumes: [], containers: { main: [] } },
  },
];
