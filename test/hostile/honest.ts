// Requests to the hostile server, and the correct responses of each service, with which every
// command reaches its last call.

import { LABEL_POLICY_NAME, POLICY_NAME } from "../../cli/kube/objects.ts";
import { isObject, parseJson } from "../../functions/lib/json.ts";
import { nodeServices } from "../../local/aws/ec2.ts";
import type { LocalRequest, LocalResponse } from "../../local/aws/http-server.ts";
import { memoryParameters, writeParameter } from "../../local/aws/parameter-store/parameter.ts";
import { answerSsm } from "../../local/aws/parameter-store/parameter-store.ts";
import { xmlDocument } from "../../local/aws/protocols.ts";
import { queryAnswers } from "../../local/aws/query-services.ts";
import { createCertificateAuthority } from "../../local/certificates.ts";
import { tokenOf } from "../cli/commands/irsa/services.ts";
import { localIdentity } from "../local-aws.ts";
import { NODE_MAPPING } from "../system/mappings.ts";
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

const ACCOUNT = "111122223333";
const LOCATION = { partition: "aws", region: "us-east-1", account: ACCOUNT };
const PREFIX = "/iam-authenticator/prod";
const DEVELOPERS = `role/${ACCOUNT}/developers`;
const MAPPING = { arn: `arn:aws:iam::${ACCOUNT}:role/Developers`, username: "dev:{SessionName}" };
const ARN = `arn:aws:sts::${ACCOUNT}:assumed-role/Developers/jane`;
const PARAMETERS: readonly (readonly [name: string, value: unknown])[] = [
  [`sso/${ACCOUNT}/clusteradmin`, { username: "admin:{SessionName}", groups: ["system:masters"] }],
  [`role/${ACCOUNT}/clusternode`, NODE_MAPPING],
  [`deny/${ACCOUNT}`, [{ arnLike: `arn:aws:iam::${ACCOUNT}:user/mallory` }]],
  [
    "callers",
    ["control-plane", "old-control-plane"].map((name, at) => ({
      name,
      sha256: `${at}`.repeat(64),
    })),
  ],
  [
    "cluster/prod",
    {
      format: 1,
      server: "https://10.0.0.1:6443",
      certificateAuthority: createCertificateAuthority().ca,
    },
  ],
  [`issuer/${KEY.kid}`, KEY],
  [`issuer/${OLD_KEY.kid}`, OLD_KEY],
  [DEVELOPERS, { ...MAPPING, groups: ["testers"] }],
  [DEVELOPERS, { ...MAPPING, groups: ["developers"] }],
];
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
  if (target !== undefined)
    return target.replace(/^AmazonSSM\./, "ssm.").replace(/^Logs_\d+\./, "logs.");
  const url = new URL(path, "http://localhost");
  const form =
    method === "POST" && url.pathname === "/" ? new URLSearchParams(body) : url.searchParams;
  const service = VERSIONS[form.get("Version") ?? ""];
  if (service !== undefined) return `${service}.${form.get("Action")}`;
  const [, first = "", ...rest] = url.pathname.split("/");
  // Requests to kube-apiserver, even if the command omits the server's path.
  if (["api", "apis", "openid"].includes(first)) return `kubernetes.${first}/${rest.join("/")}`;
  return `${first}.${rest.join("/")}`;
}

/** An error in the format of the service. */
export function refusal(
  { operation, method }: HostileRequest,
  status: number,
  code: string,
  message = TEXT,
): Answer {
  const escaped = message.replace(/&/g, "&amp;").replace(/</g, "&lt;");
  const error = `<Error><Type>Sender</Type><Code>${code}</Code><Message>${escaped}</Message></Error>`;
  const service = operation.split(".")[0];
  if (service === "sts" && method === "GET") {
    return json(
      { Error: { Code: code, Message: message, Type: "Sender" }, RequestId: "1" },
      status,
    );
  }
  if (service === "ec2")
    return { status, type: "text/xml", body: `<Response><Errors>${error}</Errors></Response>` };
  if (service !== undefined && Object.values(VERSIONS).includes(service)) {
    return { status, type: "text/xml", body: `<ErrorResponse>${error}</ErrorResponse>` };
  }
  return json(
    {
      __type: code === "AccessDenied" ? `${code}Exception` : code,
      code,
      message,
      Message: message,
    },
    status,
  );
}

const TEXT = "as the service says";

/**
 * The correct responses of one server, whose parameters the command can change. `issuer`: its URL
 * is known later.
 */
export function honestAnswers(issuer: {
  readonly url: string;
}): (request: HostileRequest) => Answer {
  const parameters = memoryParameters(() => 1_764_000_000_000);
  for (const [name, value] of PARAMETERS) {
    const text = JSON.stringify(value);
    writeParameter(parameters, LOCATION, {
      name: `${PREFIX}/${name}`,
      value: text,
      type: "String",
      overwrite: true,
    });
  }
  const done = () => {};
  return (request) =>
    honestAnswer(request, issuer.url, (ssm) => answerSsm(ssm, () => parameters, LOCATION, done));
}

type Ssm = (request: LocalRequest) => LocalResponse;
function honestAnswer(
  { operation, method, path, headers, body }: HostileRequest,
  issuer: string,
  ssm: Ssm,
): Answer {
  const [service = "", ...rest] = operation.split(".");
  const name = rest.join(".");
  const input = parseJson(body);
  const local = (text: string) => ({
    method,
    target: path,
    headers,
    rawHeaders: [],
    body: Buffer.from(text),
  });
  switch (service) {
    case "ssm":
      // Every page is the first one: a behaviour adds the tokens of others.
      return answerOf(
        ssm(local(JSON.stringify({ ...(isObject(input) && input), NextToken: undefined }))),
      );
    case "logs":
      return json(cloudWatchLogs(name));
    case "sts":
      if (method !== "GET") return sts(name);
      // The identity depends on who signed the request: a node or a person.
      return json({
        GetCallerIdentityResponse: {
          GetCallerIdentityResult: path.includes(NODE_ACCESS_KEY) ? NODE : IDENTITY,
        },
      });
    case "cloudformation":
      return xml(name, {
        Stacks: { member: { Outputs: { member: { OutputKey: "LogGroup", OutputValue: "log" } } } },
      });
    case "iam":
      if (name === "GetInstanceProfile") return answerOf(QUERY(local(body)));
      return xml(
        name,
        name === "ListRoles" ? ROLES : { ClientIDList: { member: "sts.amazonaws.com" } },
      );
    case "ec2":
      return answerOf(QUERY(local(body)));
    case "federation": {
      const {
        AccessKeyId: accessKeyId,
        SecretAccessKey: secretAccessKey,
        Token: sessionToken,
      } = ISSUED;
      const expiration = inAnHour().getTime();
      return json({ roleCredentials: { accessKeyId, secretAccessKey, sessionToken, expiration } });
    }
    case "latest":
      return instanceMetadata(name);
    case "credentials":
      return json({ ...ISSUED, Expiration: inAnHour().toISOString() });
    case "issuer":
      return json(
        name.endsWith("jwks")
          ? { keys: [KEY, OLD_KEY] }
          : { issuer, jwks_uri: `${issuer}/openid/v1/jwks` },
      );
    case "kubernetes":
      return kubernetes(name, issuer);
    default:
      return endpoint(isObject(input) ? input : {}, body);
  }
}

function cloudWatchLogs(operation: string): object {
  const row = {
    parameter: `${PREFIX}/${DEVELOPERS}`,
    last: "2026-11-24 16:30:00.000",
    reviews: "1",
  };
  const answers: Readonly<Record<string, object>> = {
    DescribeLogGroups: { logGroups: [{ logGroupName: "log", creationTime: 0 }] },
    StartQuery: { queryId: "12345678-1234-1234-1234-123456789012" },
    GetQueryResults: {
      status: "Complete",
      results: [Object.entries(row).map(([field, value]) => ({ field, value }))],
    },
  };
  return (
    answers[operation] ?? { events: [{ eventId: "1", timestamp: Date.now(), message: REVIEW }] }
  );
}

const REVIEW = JSON.stringify({
  outcome: "granted",
  arn: ARN,
  canonicalArn: ARN,
  username: "dev:jane",
});

const IDENTITY = { Arn: ARN, UserId: "AROAEXAMPLEEXAMPLEXX:jane", Account: ACCOUNT };
const member = { RoleName: "Developers", RoleId: "AROAEXAMPLEEXAMPLEXX", Path: "/" };
const ROLES = { Roles: { member }, IsTruncated: "false" };

const { arn: nodeArn, userId: nodeId } = localIdentity("node");
const NODE = { Arn: nodeArn, UserId: nodeId, Account: ACCOUNT };
const QUERY = queryAnswers(nodeServices("us-east-1"), () => {});

function inAnHour(): Date {
  return new Date(Date.now() + 3_600_000);
}

/**
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html
 */
function instanceMetadata(path: string): Answer {
  if (path.endsWith("/security-credentials/Developers")) {
    return json({
      Code: "Success",
      Type: "AWS-HMAC",
      ...ISSUED,
      Expiration: inAnHour().toISOString(),
    });
  }
  return {
    status: 200,
    type: "text/plain",
    body: path === "api/token" ? SECRETS.metadataToken : "Developers",
  };
}

function sts(action: string): Answer {
  const { AccessKeyId, SecretAccessKey, Token } = ISSUED;
  const Credentials = {
    AccessKeyId,
    SecretAccessKey,
    SessionToken: Token,
    Expiration: inAnHour().toISOString(),
  };
  return xml(action, action === "GetCallerIdentity" ? IDENTITY : { Credentials });
}

function kubernetes(path: string, issuer: string): Answer {
  if (path.endsWith("jwks")) return json({ keys: [KEY] });
  if (path.endsWith("/token"))
    return json(
      { status: { token: tokenOf(KEY.kid, issuer).replace(/signature$/, SECRETS.podSignature) } },
      201,
    );
  if (path.endsWith("selfsubjectreviews")) return json({ message: "Unauthorized" }, 401);
  const bindings = [POLICY_NAME, LABEL_POLICY_NAME].map((policyName) => ({ spec: { policyName } }));
  return json({ items: path.endsWith("bindings") ? bindings : [], metadata: {} });
}

function endpoint(input: Record<string, unknown>, body: string): Answer {
  if (body === "" || body === "{}")
    return json({ message: "an empty review" }, body === "" ? 405 : 400);
  const status = { authenticated: true, user: { username: "dev:jane", groups: ["developers"] } };
  return json({ apiVersion: input["apiVersion"], kind: "TokenReview", status });
}

function answerOf({ status, headers, body }: LocalResponse): Answer {
  return { status, type: headers?.["content-type"] ?? "", body: body.toString() };
}

function json(body: object, status = 200): Answer {
  return { status, type: "application/json", body: JSON.stringify(body) };
}

function xml(action: string, result: Parameters<typeof xmlDocument>[2]): Answer {
  const body = xmlDocument(`${action}Response`, "https://example.com/doc/", {
    [`${action}Result`]: result,
  });
  return { status: 200, type: "text/xml", body };
}
