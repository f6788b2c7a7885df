// What each service answers when it behaves: enough for every command to reach its last call.

import { isObject, parseJson } from "../../functions/lib/json.ts";
import { xmlDocument } from "../../local/xml.ts";
import { tokenOf } from "../cli/irsa/services.ts";
import type { Answer, HostileRequest } from "./exchange.ts";
import { ISSUED, KEY, SECRETS } from "./inputs.ts";

const PREFIX = "/iam-authenticator/prod";
const ARN = "arn:aws:sts::111122223333:assumed-role/Developers/jane";
const MAPPINGS: Readonly<Record<string, unknown>> = {
  [`${PREFIX}/role/111122223333/developers`]: {
    arn: "arn:aws:iam::111122223333:role/Developers",
    username: "dev:{SessionName}",
    groups: ["developers"],
  },
  [`${PREFIX}/sso/111122223333/clusteradmin`]: { username: "admin:{SessionName}", groups: ["system:masters"] },
  [`${PREFIX}/callers`]: [{ name: "control-plane", sha256: "0".repeat(64) }],
};
const VERSIONS: Readonly<Record<string, string>> = {
  "2011-06-15": "sts",
  "2010-05-15": "cloudformation",
  "2010-05-08": "iam",
};

/** By the protocol of the request: `logs.FilterLogEvents`, `kubernetes./api/v1/pods`. */
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
  // Those of kube-apiserver, from a command that has lost the path of its server, too.
  if (["api", "apis", "openid"].includes(first)) return `kubernetes.${first}/${rest.join("/")}`;
  return `${first}.${rest.join("/")}`;
}

export function honestAnswer({ operation, method, body }: HostileRequest, issuer: string): Answer {
  const [service = "", ...rest] = operation.split(".");
  const name = rest.join(".");
  const input = parseJson(body);
  switch (service) {
    case "ssm":
      return json(parameterStore(name, isObject(input) ? input : {}));
    case "logs":
      return json({ events: [{ eventId: "1", timestamp: Date.now(), message: REVIEW }] });
    case "sts":
      return method === "GET" ? json({ GetCallerIdentityResponse: { GetCallerIdentityResult: IDENTITY } }) : sts(name);
    case "cloudformation":
      return xml(name, { Stacks: { member: { Outputs: { member: { OutputKey: "LogGroup", OutputValue: "log" } } } } });
    case "iam":
      return xml(name, { ClientIDList: { member: "sts.amazonaws.com" } });
    case "credentials":
      return json({ ...ISSUED, Expiration: new Date(Date.now() + 3_600_000).toISOString() });
    case "issuer":
      return json(name.endsWith("jwks") ? { keys: [KEY] } : { issuer, jwks_uri: `${issuer}/openid/v1/jwks` });
    case "kubernetes":
      return kubernetes(name, issuer);
    default:
      return endpoint(isObject(input) ? input : {}, body);
  }
}

const REVIEW = JSON.stringify({ outcome: "granted", arn: ARN, canonicalArn: ARN, username: "dev:jane" });

function parameterStore(operation: string, input: Record<string, unknown>): object {
  const parameter = (Name: string) => ({
    Name,
    Value: JSON.stringify(MAPPINGS[Name]),
    Type: "String",
    Version: 1,
    LastModifiedDate: 1_764_000_000,
    LastModifiedUser: ARN,
    ARN: `arn:aws:ssm:us-east-1:111122223333:parameter${Name}`,
  });
  const names = Object.keys(MAPPINGS);
  const key = { ...parameter(`${PREFIX}/issuer/${KEY.kid}`), Value: JSON.stringify(KEY) };
  const below = (path: unknown) => names.filter((name) => typeof path === "string" && name.startsWith(`${path}/`));
  switch (operation) {
    case "GetParametersByPath":
      return { Parameters: input["Path"] === `${PREFIX}/issuer` ? [key] : below(input["Path"]).map(parameter) };
    case "GetParameters":
      return { Parameters: names.filter((name) => JSON.stringify(input["Names"]).includes(name)).map(parameter) };
    case "GetParameterHistory":
      return { Parameters: [parameter(String(input["Name"]))] };
    case "PutParameter":
      return { Version: 2, Tier: "Standard" };
    case "ListTagsForResource":
      return { TagList: [] };
    default:
      return {};
  }
}

const IDENTITY = { Arn: ARN, UserId: "AROAEXAMPLEEXAMPLEXX:jane", Account: "111122223333" };

function sts(action: string): Answer {
  const { AccessKeyId, SecretAccessKey, Token } = ISSUED;
  const Expiration = new Date(Date.now() + 3_600_000).toISOString();
  const Credentials = { AccessKeyId, SecretAccessKey, SessionToken: Token, Expiration };
  return xml(action, action === "GetCallerIdentity" ? IDENTITY : { Credentials });
}

function kubernetes(path: string, issuer: string): Answer {
  if (path.endsWith("jwks")) return json({ keys: [KEY] });
  if (path.endsWith("/token"))
    return json({ status: { token: tokenOf(KEY.kid, issuer).replace(/signature$/, SECRETS.podSignature) } }, 201);
  if (path.endsWith("selfsubjectreviews")) return json({ message: "Unauthorized" }, 401);
  return json({ items: [], metadata: {} });
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
