// The fake's HTTP endpoints: reviews by the deployed function, and the issuer's documents.

import { hash } from "node:crypto";
import { DISCOVERY_PATH, JWKS_PATH } from "../../../functions/issuer/documents.ts";
import { mintToken } from "../../../local/token.ts";
import type { Post, Reply } from "../../post.ts";
import { readToken } from "../signed-tokens.ts";
import type { VirtualClock } from "./clock.ts";
import { ACCOUNT, accessLogOf, addMetric, type Cloud, type FakeStack, REGION } from "./cloud.ts";
import { ISSUER, issuerDocument } from "./signed-tokens.ts";

export interface FakeReply {
  readonly status: number;
  readonly text: string;
  readonly headers?: Reply["headers"];
}

/** The domain of the mTLS endpoint, and API Gateway's name for it. */
export const DOMAIN = "auth.example.com";
export const DOMAIN_TARGET = `d-0123456789.execute-api.${REGION}.amazonaws.com`;
export const SUBJECT = "CN=kube-apiserver,O=Example";

export async function serve(cloud: Cloud, clock: VirtualClock, url: string, options: Post): Promise<FakeReply> {
  const { hostname, pathname } = new URL(url);
  if (hostname === new URL(ISSUER).hostname) return issuerDocument(pathname);
  const stack =
    hostname === DOMAIN_TARGET
      ? cloud.stacks.findLast(({ kind, status }) => kind === "mtls" && status !== "DELETE_COMPLETE")
      : cloud.stacks.findLast(
          ({ name, status }) => hostname.startsWith(`api-${name.toLowerCase()}.`) && status !== "DELETE_COMPLETE",
        );
  if (stack === undefined || stack.kind === "private")
    throw Object.assign(new Error("not found"), { code: "ENOTFOUND" });
  if (stack.kind === "issuer") return document(cloud, stack, pathname);
  if (stack.kind === "mtls" && options.tls === undefined) {
    throw Object.assign(new Error("socket hang up"), { code: "ECONNRESET" });
  }
  const reply = await answer(cloud, clock, stack, options);
  writeAccessLog(cloud, clock, stack, reply);
  return reply;
}

function document(cloud: Cloud, { clusterId }: FakeStack, path: string): FakeReply {
  if (path === DISCOVERY_PATH) return { status: 200, text: "{}" };
  if (path !== JWKS_PATH) return { status: 404, text: "" };
  const prefix = `/iam-authenticator/${clusterId}/issuer/`;
  const names = [...cloud.parameters.keys()].filter((name) => name.startsWith(prefix));
  return { status: 200, text: JSON.stringify({ keys: names.map((name) => ({ kid: name.slice(prefix.length) })) }) };
}

function writeAccessLog(cloud: Cloud, clock: VirtualClock, { name, kind }: FakeStack, { status }: FakeReply): void {
  const message = JSON.stringify({
    status: String(status),
    integrationError: status >= 500 ? "Rate Exceeded" : "-",
    clientSubject: kind === "mtls" ? SUBJECT : "-",
  });
  const group = cloud.resources["AWS::Logs::LogGroup"].get(accessLogOf(name));
  group?.push({ time: clock.now(), stream: "access", message });
  if (status >= 500) addMetric(cloud, `AWS/ApiGateway 5xx api-${name.toLowerCase()}`);
}

async function answer(
  cloud: Cloud,
  clock: VirtualClock,
  stack: FakeStack,
  { headers, body }: Post,
): Promise<FakeReply> {
  if (cloud.throttledFunctions.has(`${stack.name}-Function`)) {
    const { failoverUrl } = stack.settings;
    const text = '{"message":"Internal Server Error"}';
    return failoverUrl === undefined
      ? { status: 500, text }
      : { status: 307, text, headers: { location: String(failoverUrl) } };
  }
  const { authorization = "" } = headers as Record<string, string>;
  const bearer = authorization.slice("Bearer ".length);
  if (stack.kind !== "mtls" && !cloud.callers.get(stack.clusterId)?.has(bearer)) {
    return {
      status: 401,
      text: JSON.stringify({ message: "caller_refused: the bearer token is not in the list of callers" }),
    };
  }
  const { token } = (JSON.parse(String(body)) as { spec: { token: string } }).spec;
  const status = await review(cloud, clock, stack.clusterId, token);
  leave(cloud, clock, stack, token, status);
  return { status: 200, text: JSON.stringify({ kind: "TokenReview", status }) };
}

interface Status {
  readonly authenticated: boolean;
  readonly error?: string;
  readonly user?: { readonly username: string; readonly groups: readonly string[] };
}

const LIFE_MS = 15 * 60_000;

async function review(cloud: Cloud, clock: VirtualClock, clusterId: string, token: string): Promise<Status> {
  const denied = (error: string): Status => ({ authenticated: false, error });
  if (!token.startsWith("k8s-aws-v1.")) return jwtReview(cloud, clusterId, token);
  const url = new URL(Buffer.from(token.slice("k8s-aws-v1.".length), "base64url").toString());
  const parameter = (name: string) => url.searchParams.get(`X-Amz-${name}`) ?? "";
  const [, day = "", time = ""] = /^(\d{8})T(\d{6})Z$/.exec(parameter("Date")) ?? [];
  const [date, hour] = [day.replace(/(\d{4})(\d\d)/, "$1-$2-"), time.replace(/(\d\d)(\d\d)/, "$1:$2:")];
  const now = Date.parse(`${date}T${hour}Z`);
  if (clock.now() - now > LIFE_MS) return denied("token_expired: signed 16 min ago; a token lives 15 min");
  const [accessKeyId = "", , region = ""] = parameter("Credential").split("/");
  const identity = cloud.keys.get(accessKeyId);
  if (identity === undefined) return denied("sts_refused: STS refused the token with InvalidClientTokenId");
  if (identity.expiresAt !== undefined && identity.expiresAt <= clock.now()) {
    return denied("sts_refused: STS refused the token with ExpiredToken");
  }
  const signed = await mintToken({ identity, clusterId, region, host: url.hostname, now });
  const signature = new URL(Buffer.from(signed.slice("k8s-aws-v1.".length), "base64url").toString());
  if (signature.searchParams.get("X-Amz-Signature") !== parameter("Signature")) {
    return denied("sts_refused: STS refused the token with SignatureDoesNotMatch");
  }
  const { arn } = identity;
  const set = /:assumed-role\/AWSReservedSSO_(.+)_[0-9a-f]{16}\//.exec(arn)?.[1];
  const session = arn.split("/").at(-1) ?? "";
  const target = set === undefined ? canonical(arn) : `sso/${ACCOUNT}/${set}`;
  const mapping = cloud.parameters.get(`/iam-authenticator/${clusterId}/mapping ${target}`);
  if (mapping === undefined) return denied(`identity_unmapped: no mapping for ${target}`);
  const { username, group } = JSON.parse(mapping) as { username: string; group: string };
  return { authenticated: true, user: { username: username.replace("{SessionName}", session), groups: [group] } };
}

/** Trusts the claims: the fake's keys verify nothing. */
function jwtReview(cloud: Cloud, clusterId: string, token: string): Status {
  const { claims, own } = readToken(token);
  const listed = cloud.stacks.findLast((stack) => stack.clusterId === clusterId)?.settings["awsSignedTokens"];
  const isListed = JSON.stringify(listed ?? []).includes(`"${claims["iss"]}"`);
  const mapping = cloud.parameters.get(`/iam-authenticator/${clusterId}/mapping ${canonical(String(claims["sub"]))}`);
  if (!isListed || mapping === undefined) return { authenticated: false };
  const { username, group } = JSON.parse(mapping) as { username: string; group: string };
  const source = String(own["source_identity"]);
  return { authenticated: true, user: { username: username.replace("{SourceIdentity}", source), groups: [group] } };
}

export function canonical(arn: string): string {
  return arn.replace(/:sts::(\d+):assumed-role\/([^/]+)\/.*/, ":iam::$1:role/$2").replace(/:role\/.*\//, ":role/");
}

/** Writes the log line of a review and its metric. */
function leave(cloud: Cloud, clock: VirtualClock, { name, clusterId }: FakeStack, token: string, status: Status): void {
  const timestamp = new Date(clock.now()).toISOString();
  const tokenHash = hash("sha256", token).slice(0, 12);
  const outcome = status.authenticated ? "granted" : "denied";
  const line = {
    timestamp,
    level: status.authenticated ? "info" : "warn",
    outcome,
    username: status.user?.username,
    tokenHash,
    Reviews: 1,
    _aws: {},
  };
  const message = JSON.stringify(line);
  cloud.resources["AWS::Logs::LogGroup"].get(`${name}-Log`)?.push({ time: clock.now(), stream: "function", message });
  addMetric(cloud, `LambdaIamAuthenticator Reviews ${clusterId}`);
}
