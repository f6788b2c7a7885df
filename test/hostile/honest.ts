// Requests to the hostile server, and the correct responses of each service, with which every command reaches its last call.

import { LABEL_POLICY_NAME, POLICY_NAME } from "../../cli/irsa/names.ts";
import { isObject, parseJson } from "../../functions/lib/json.ts";
import { xmlDocument } from "../../local/xml.ts";
import { tokenOf } from "../cli/irsa/services.ts";
import { ISSUED, KEY, NODE_ACCESS_KEY, OLD_KEY, SECRETS } from "./inputs.ts";

export interface HostileRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The received bytes, for a server that echoes them. */
  readonly raw: string;
  /** Such as `ssm.GetParameters`. */
  readonly operation: string;
}

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

const PREFIX = "/iam-authenticator/prod";
const ARN = "arn:aws:sts::111122223333:assumed-role/Developers/jane";
const PARAMETERS: Readonly<Record<string, unknown>> = {
  [`${PREFIX}/role/111122223333/developers`]: {
    arn: "arn:aws:iam::111122223333:role/Developers",
    username: "dev:{SessionName}",
    groups: ["developers"],
  },
  [`${PREFIX}/sso/111122223333/clusteradmin`]: { username: "admin:{SessionName}", groups: ["system:masters"] },
  [`${PREFIX}/role/111122223333/clusternode`]: {
    arn: "arn:aws:iam::111122223333:role/ClusterNode",
    username: "system:node:{EC2PrivateDNSName}",
    groups: ["system:nodes"],
  },
  [`${PREFIX}/deny/111122223333`]: [{ arnLike: "arn:aws:iam::111122223333:user/mallory" }],
  [`${PREFIX}/callers`]: [
    { name: "control-plane", sha256: "0".repeat(64) },
    { name: "old-control-plane", sha256: "1".repeat(64) },
  ],
  [`${PREFIX}/issuer/${KEY.kid}`]: KEY,
  [`${PREFIX}/issuer/${OLD_KEY.kid}`]: OLD_KEY,
};
const VERSIONS: Readonly<Record<string, string>> = {
  "2011-06-15": "sts",
  "2010-05-15": "cloudformation",
  "2010-05-08": "iam",
  "2016-11-15": "ec2",
};

/** The operation of a request, such as `logs.FilterLogEvents` or `kubernetes./api/v1/pods`. */
export function operationOf(
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body: string,
): string {
  const target = headers["x-amz-target"];
  if (target !== undefined) return target.replace(/^AmazonSSM\./, "ssm.").replace(/^Logs_\d+\./, "logs.");
  const url = new URL(path, "http://localhost");
  const form = method === "POST" && url.pathname === "/" ? new URLSearchParams(body) : url.searchParams;
  const service = VERSIONS[form.get("Version") ?? ""];
  if (service !== undefined) return `${service}.${form.get("Action")}`;
  const [, first = "", ...rest] = url.pathname.split("/");
  // Requests to kube-apiserver, even if the command omits the server's path.
  if (["api", "apis", "openid"].includes(first)) return `kubernetes.${first}/${rest.join("/")}`;
  return `${first}.${rest.join("/")}`;
}

export function honestAnswer({ operation, method, path, body }: HostileRequest, issuer: string): Answer {
  const [service = "", ...rest] = operation.split(".");
  const name = rest.join(".");
  const input = parseJson(body);
  switch (service) {
    case "ssm":
      return json(parameterStore(name, isObject(input) ? input : {}));
    case "logs":
      return json(cloudWatchLogs(name));
    case "sts":
      return method === "GET"
        ? json({ GetCallerIdentityResponse: { GetCallerIdentityResult: identityOf(path) } })
        : sts(name);
    case "cloudformation":
      return xml(name, { Stacks: { member: { Outputs: { member: { OutputKey: "LogGroup", OutputValue: "log" } } } } });
    case "iam":
      return xml(name, IAM[name] ?? { ClientIDList: { member: "sts.amazonaws.com" } });
    case "ec2":
      return { status: 200, type: "text/xml", body: xmlDocument(`${name}Response`, undefined, INSTANCE) };
    case "federation":
      return json({
        roleCredentials: { accessKeyId, secretAccessKey, sessionToken, expiration: inAnHour().getTime() },
      });
    case "latest":
      return instanceMetadata(name);
    case "credentials":
      return json({ ...ISSUED, Expiration: inAnHour().toISOString() });
    case "issuer":
      return json(name.endsWith("jwks") ? { keys: [KEY, OLD_KEY] } : { issuer, jwks_uri: `${issuer}/openid/v1/jwks` });
    case "kubernetes":
      return kubernetes(name, issuer);
    default:
      return endpoint(isObject(input) ? input : {}, body);
  }
}

function cloudWatchLogs(operation: string): object {
  const parameter = { field: "parameter", value: `${PREFIX}/role/111122223333/developers` };
  const row = [parameter, { field: "last", value: "2026-11-24 16:30:00.000" }, { field: "reviews", value: "1" }];
  switch (operation) {
    case "DescribeLogGroups":
      return { logGroups: [{ logGroupName: "log", creationTime: 0 }] };
    case "StartQuery":
      return { queryId: "12345678-1234-1234-1234-123456789012" };
    case "GetQueryResults":
      return { status: "Complete", results: [row] };
    default:
      return { events: [{ eventId: "1", timestamp: Date.now(), message: REVIEW }] };
  }
}

const REVIEW = JSON.stringify({ outcome: "granted", arn: ARN, canonicalArn: ARN, username: "dev:jane" });

function parameterStore(operation: string, input: Record<string, unknown>): object {
  const parameter = (Name: string, Version = 2) => ({
    Name,
    Value: JSON.stringify(PARAMETERS[Name]),
    Type: "String",
    Version,
    LastModifiedDate: 1_764_000_000,
    LastModifiedUser: ARN,
    ARN: `arn:aws:ssm:us-east-1:111122223333:parameter${Name}`,
  });
  const found = (isWanted: (name: string) => boolean) => ({
    Parameters: Object.keys(PARAMETERS)
      .filter(isWanted)
      .map((name) => parameter(name)),
  });
  switch (operation) {
    case "GetParametersByPath":
      return found((name) => name.startsWith(`${input["Path"]}/`));
    case "GetParameters": {
      const names = Array.isArray(input["Names"]) ? input["Names"].map(String) : [];
      const InvalidParameters = names.filter((name) => !Object.hasOwn(PARAMETERS, name));
      return { ...found((name) => names.includes(name)), InvalidParameters };
    }
    case "GetParameterHistory": {
      const now = parameter(String(input["Name"]));
      const before = { ...parameter(now.Name, 1), Value: now.Value?.replace("developers", "testers") };
      return { Parameters: [before, now] };
    }
    case "PutParameter":
      return { Version: 3, Tier: "Standard" };
    case "ListTagsForResource":
      return { TagList: [] };
    default:
      return {};
  }
}

const IDENTITY = { Arn: ARN, UserId: "AROAEXAMPLEEXAMPLEXX:jane", Account: "111122223333" };

const INSTANCE_ID = "i-0123456789abcdef0";
const NODE = {
  Arn: `arn:aws:sts::111122223333:assumed-role/ClusterNode/${INSTANCE_ID}`,
  UserId: `AROANODEEXAMPLEXXXXX:${INSTANCE_ID}`,
  Account: "111122223333",
};
const PROFILE_ARN = "arn:aws:iam::111122223333:instance-profile/nodes";
const INSTANCE = {
  reservationSet: {
    item: {
      ownerId: "111122223333",
      instancesSet: {
        item: {
          instanceId: INSTANCE_ID,
          instanceState: { code: "16", name: "running" },
          privateDnsName: "ip-10-0-0-1.ec2.internal",
          iamInstanceProfile: { arn: PROFILE_ARN, id: "AIPAEXAMPLEEXAMPLE123" },
        },
      },
    },
  },
};
const INSTANCE_PROFILE = {
  InstanceProfile: { Arn: PROFILE_ARN, Roles: { member: { RoleId: "AROANODEEXAMPLEXXXXX" } } },
};

const ROLES = { Roles: { member: { RoleName: "Developers", RoleId: "AROAEXAMPLEEXAMPLEXX", Path: "/" } } };
/** Results by operation. */
const IAM: Readonly<Record<string, Parameters<typeof xmlDocument>[2]>> = {
  GetInstanceProfile: INSTANCE_PROFILE,
  ListRoles: { ...ROLES, IsTruncated: "false" },
};

/** The identity depends on who signed the request: a node or a person. */
function identityOf(path: string): typeof IDENTITY {
  return path.includes(NODE_ACCESS_KEY) ? NODE : IDENTITY;
}

const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, Token: sessionToken } = ISSUED;

function inAnHour(): Date {
  return new Date(Date.now() + 3_600_000);
}

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html */
function instanceMetadata(path: string): Answer {
  if (path.endsWith("/security-credentials/Developers")) {
    return json({ Code: "Success", Type: "AWS-HMAC", ...ISSUED, Expiration: inAnHour().toISOString() });
  }
  return { status: 200, type: "text/plain", body: path === "api/token" ? SECRETS.metadataToken : "Developers" };
}

function sts(action: string): Answer {
  const { AccessKeyId, SecretAccessKey, Token } = ISSUED;
  const Credentials = { AccessKeyId, SecretAccessKey, SessionToken: Token, Expiration: inAnHour().toISOString() };
  return xml(action, action === "GetCallerIdentity" ? IDENTITY : { Credentials });
}

function kubernetes(path: string, issuer: string): Answer {
  if (path.endsWith("jwks")) return json({ keys: [KEY] });
  if (path.endsWith("/token"))
    return json({ status: { token: tokenOf(KEY.kid, issuer).replace(/signature$/, SECRETS.podSignature) } }, 201);
  if (path.endsWith("selfsubjectreviews")) return json({ message: "Unauthorized" }, 401);
  const bindings = [POLICY_NAME, LABEL_POLICY_NAME].map((policyName) => ({ spec: { policyName } }));
  return json({ items: path.endsWith("bindings") ? bindings : [], metadata: {} });
}

function endpoint(input: Record<string, unknown>, body: string): Answer {
  if (body === "" || body === "{}") return json({ message: "an empty review" }, body === "" ? 405 : 400);
  const status = { authenticated: true, user: { username: "dev:jane", groups: ["developers"] } };
  return json({ apiVersion: input["apiVersion"], kind: "TokenReview", status });
}

function json(body: object, status = 200): Answer {
  return { status, type: "application/json", body: JSON.stringify(body) };
}

function xml(action: string, result: Parameters<typeof xmlDocument>[2]): Answer {
  const body = xmlDocument(`${action}Response`, "https://example.com/doc/", { [`${action}Result`]: result });
  return { status: 200, type: "text/xml", body };
}
