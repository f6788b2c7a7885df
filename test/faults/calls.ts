// Each network call of the functions: how to cause it, and what its caller got.

import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { answerCheck } from "../../functions/authenticator/answer-check.ts";
import type { HttpResponse } from "../../functions/gateway/http.ts";
import { JWKS_PATH } from "../../functions/issuer/documents.ts";
import { isObject, parseJson } from "../../functions/lib/json.ts";
import { keyVariables } from "../aws-variables.ts";
import { settingsWith } from "../functions/authenticator/fixtures.ts";
import {
  claimsOf,
  EC_JWK,
  ISSUER,
  keySetBody,
  minted,
} from "../functions/authenticator/jwt/mint.ts";
import { SAMPLES } from "../functions/issuer/samples.ts";
import type { Answer, HostileRequest } from "../hostile/honest.ts";
import { localIdentity, startNodeInstance, startParameterStore, startSts } from "../local-aws.ts";
import { post } from "../post.ts";
import type { Answer as Response } from "../system/answers.ts";
import { startFunction } from "../system/bundled-function.ts";
import type { SharedClock } from "../system/clock.ts";
import { NODE_MAPPING } from "../system/mappings.ts";
import { CALLERS, REGION, startSystem } from "../system/system.ts";

export interface Call {
  readonly name: string;
  /** Whose endpoint fails, as in `AWS_ENDPOINT_URL_<service>`. */
  readonly service: string;
  /** The operation that fails, or the first part of its name. */
  readonly target: string;
  /** What `Subject` returns without a failure. */
  readonly usual: string;
  readonly start: (t: TestContext, options: StartOptions) => Promise<Subject>;
}

interface StartOptions {
  readonly urlOf: (service: string) => string;
  readonly ca: readonly string[];
  readonly clock: SharedClock;
}

/**
 * Causes the call once. Returns `granted`, `denied: <code>`, `<status> <code>`, or the outcome of
 * the check.
 */
type Subject = () => Promise<string>;

const ACCOUNT = "111122223333";
const PREFIX = "/iam-authenticator/local";
const ROLE = `arn:aws:iam::${ACCOUNT}:role/Developers`;
const PARAMETERS = {
  [`role/${ACCOUNT}/developers`]: { arn: ROLE, username: "developer", groups: ["developers"] },
  [`role/${ACCOUNT}/clusternode`]: NODE_MAPPING,
  callers: [...CALLERS, { name: "by-iam", arn: `arn:aws:iam::${ACCOUNT}:role/Contractor` }],
};
const KEY = SAMPLES[0]?.jwk;

/**
 * The correct response of every service. Lambda and CodeDeploy are constants: the check is the
 * subject, not they.
 */
export async function startServices(
  t: TestContext,
): Promise<(request: HostileRequest) => Promise<Answer>> {
  const named = Object.entries({ ...PARAMETERS, [`issuer/${KEY?.kid}`]: KEY });
  const parameters = Object.fromEntries(
    named.map(([name, value]) => [`${PREFIX}/${name}`, JSON.stringify(value)]),
  );
  const sts = await startSts();
  const store = await startParameterStore({ region: REGION, parameters });
  const ec2 = await startNodeInstance({ region: REGION });
  t.after(() => Promise.all([sts.close(), store.close(), ec2.close()]));
  const urls: Readonly<Record<string, string>> = {
    sts: sts.url,
    ssm: store.url,
    ec2: ec2.url,
    iam: ec2.url,
  };
  return async (asked) => {
    const [service = ""] = asked.operation.split(".");
    const url = urls[service];
    if (url !== undefined) {
      // With the header Host of the request, which STS verifies.
      const { status, headers, text } = await post(`${url}${asked.path}`, asked);
      return { status, type: headers["content-type"] ?? "application/json", body: text };
    }
    const body =
      service === "keys"
        ? keySetBody(EC_JWK)
        : service === "2015-03-31"
          ? invoked(asked.body)
          : "{}";
    return { status: 200, type: "application/json", body };
  };
}

/** What a version with `bearer` answers to the check. */
function invoked(event: string): string {
  const { storedParameters } = JSON.parse(event) as { storedParameters?: unknown[] };
  const refused = {
    statusCode: 401,
    body: JSON.stringify({ kind: "Status", message: "caller_refused: no" }),
  };
  const checked = storedParameters && {
    statusCode: 200,
    body: JSON.stringify(answerCheck(storedParameters, settingsWith({}))),
  };
  return JSON.stringify(checked ?? refused);
}

/**
 * Each review has a new token, so that nothing about it is cached. `by`: how the caller
 * authenticates.
 */
function reviewBy({ who = "bob", by = "none", isJwt = false } = {}): Call["start"] {
  return async (t, { urlOf, ca, clock }) => {
    const jwt = isJwt && {
      JWT_ISSUERS: `${ACCOUNT}=${ISSUER}`,
      JWT_KEYS_ENDPOINT: `${urlOf("KEYS")}/keys`,
    };
    const CALLER_AUTH = by === "none" ? "none" : "bearer";
    const settings = { ...endpoints(urlOf, "STS", "SSM", "EC2", "IAM"), CALLER_AUTH, ...jwt };
    const system = await startSystem(t, { clock, ca, settings });
    let asked = 0;
    return async () => {
      asked += 1;
      const expiresIn = 60 + asked;
      const iat = Math.floor(clock.now() / 1_000);
      const token = isJwt
        ? minted(claimsOf({ aud: "iam-authenticator/local", iat, exp: iat + expiresIn }))
        : await system.token(who, { expiresIn });
      if (by !== "iam") return outcomeOf(await system.review(token));
      const caller = await system.token("contractor", { clusterId: "local:caller", expiresIn });
      return outcomeOf(await system.review(token, { authorization: `Bearer ${caller}` }));
    };
  };
}

function endpoints(
  urlOf: StartOptions["urlOf"],
  ...services: readonly string[]
): Record<string, string> {
  return Object.fromEntries(services.map((name) => [`AWS_ENDPOINT_URL_${name}`, urlOf(name)]));
}

function outcomeOf({ status, body }: Pick<Response, "status" | "body">): string {
  const { message, status: review } = isObject(body) ? body : {};
  const code = (text: unknown) => String(text).split(":")[0];
  if (status !== 200) return `${status} ${code(message)}`;
  const { authenticated, error } = isObject(review) ? review : {};
  if (authenticated === true) return "granted";
  return `denied: ${error === undefined ? "not ours" : code(error)}`;
}

const FUNCTION = {
  CLUSTER_ID: "local",
  AWS_REGION: REGION,
  ...keyVariables(localIdentity("function")),
};

function bundle(name: string): string {
  return fileURLToPath(new URL(`../../dist/${name}/index.mjs`, import.meta.url));
}

const issuer: Call["start"] = async (t, { urlOf, ca, clock }) => {
  const environment = {
    ...FUNCTION,
    ISSUER_URL: "https://oidc.example.com",
    ...endpoints(urlOf, "SSM"),
  };
  const { handler, close } = await startFunction({
    entry: bundle("issuer"),
    environment,
    clock,
    ca,
  });
  t.after(close);
  const event = { rawPath: JWKS_PATH, requestContext: { http: { method: "GET" } } };
  return async () => {
    const { statusCode, body } = (await handler(
      event as never,
      { awsRequestId: "1" } as never,
    )) as HttpResponse;
    const { code } = parseJson(body) as { code?: string };
    return statusCode === 200 ? "served" : `${statusCode} ${code}`;
  };
};

const VERSION = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:authenticator:7`;

const check: Call["start"] = async (t, { urlOf, ca, clock }) => {
  const services = endpoints(urlOf, "LAMBDA", "CODEDEPLOY", "SSM");
  const settings = {
    VERSION_ARN: VERSION,
    LIVE_ARN: VERSION.replace(/7$/, "live"),
    MAPPING_PREFIX: PREFIX,
    STACK_NAME: "IamAuthenticator-prod",
  };
  const environment = { ...FUNCTION, CALLER_AUTH: "bearer", ...settings, ...services };
  const { handler, output, close } = await startFunction({
    entry: bundle("deployment-check"),
    environment,
    clock,
    ca,
  });
  t.after(close);
  return async () => {
    const hook = { DeploymentId: "d-1", LifecycleEventHookExecutionId: "e-1" };
    const handled = handler(hook as never, { awsRequestId: "1" } as never);
    const isReported = await handled.then(() => true).catch(() => false);
    const { status } = JSON.parse(output("stdout").trim().split("\n").at(-1) ?? "{}");
    return isReported ? status : `${status}, not reported: Lambda repeats the check`;
  };
};

function call(
  name: string,
  service: string,
  target: string,
  start: Call["start"],
  usual = "granted",
): Call {
  return { name, service, target, start, usual };
}

const STS = "sts.GetCallerIdentity";
const READ = "ssm.GetParameters";
const READ_ALL = "ssm.GetParametersByPath";
export const CALLS: readonly Call[] = [
  call("STS, for a user's token", "STS", STS, reviewBy()),
  call("STS, for an IAM caller", "STS", STS, reviewBy({ by: "iam" })),
  call("Parameter Store, for mappings", "SSM", READ, reviewBy()),
  call("Parameter Store, for callers", "SSM", READ, reviewBy({ by: "token" })),
  call("EC2, for a node's name", "EC2", "ec2", reviewBy({ who: "node" })),
  call("IAM, for a node's name", "IAM", "iam", reviewBy({ who: "node" })),
  call("keys of AWS-signed tokens", "KEYS", "keys", reviewBy({ isJwt: true })),
  call("Parameter Store, for the issuer's keys", "SSM", READ_ALL, issuer, "served"),
  call("Lambda, by the check", "LAMBDA", "2015-03-31", check, "Succeeded"),
  call("Parameter Store, by the check", "SSM", READ_ALL, check, "Succeeded"),
  call("CodeDeploy, by the check", "CODEDEPLOY", "CodeDeploy_20141006", check, "Succeeded"),
];
