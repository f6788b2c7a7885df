// A local STS: GetCallerIdentity, whose signatures it checks for real, and AssumeRoleWithWebIdentity, whose tokens it checks.

import { type LocalRequest, type LocalResponse, type LocalServer, startHttpServer } from "../http-server.ts";
import { LOCAL_IDENTITIES, type LocalIdentity } from "../identities.ts";
import { ServiceError } from "../service-error.ts";
import { answered, callerIdentity, refused } from "./answer.ts";
import { missingAction, unknownAction } from "./errors.ts";
import { type Parameter, parseQuery } from "./query.ts";
import { verify } from "./verify.ts";
import { assumeRoleWithWebIdentity, type WebIdentityOptions } from "./web-identity/assume-role.ts";
import { checkTrustPolicy } from "./web-identity/trust-policy.ts";

export interface StsOptions {
  /** Default 0: a free one. */
  readonly port?: number;
  /** Whose keys are known; default `LOCAL_IDENTITIES`. */
  readonly identities?: readonly LocalIdentity[];
  /** Host names, in lower case, that are good for any region, beside the local ones. */
  readonly extraHosts?: readonly string[];
  /** What IAM knows of OIDC providers and of roles that trust them; nothing by default. */
  readonly webIdentity?: WebIdentityOptions;
  /** Milliseconds since the epoch; default the real time. */
  readonly now?: () => number;
}

const VERSION = "2011-06-15";

/** Starts on 127.0.0.1. It answers for every STS host of the partition `aws`; clients send the one they signed. */
export function startSts(options: StsOptions = {}): Promise<LocalServer> {
  return startHttpServer(stsAnswers(options), options.port);
}

/** What STS answers to each request. */
export function stsAnswers(options: Omit<StsOptions, "port">): (request: LocalRequest) => Promise<LocalResponse> {
  const { identities = LOCAL_IDENTITIES, extraHosts = [], now = Date.now } = options;
  const { webIdentity = { providers: [], roles: [] } } = options;
  for (const { trustPolicy } of webIdentity.roles) checkTrustPolicy(trustPolicy);
  /** By access key id: those that were given, the first of each, and the sessions that this STS gives out. */
  const known = new Map(identities.toReversed().map((identity) => [identity.accessKeyId, identity]));

  return async (request) => {
    try {
      const query = parseQuery(request.target.split("?").slice(1).join("?"));
      const parameters = new Map([...query, ...readForm(request)]);
      // the one action without a signature: the token is the proof
      if (parameters.get("Action") === "AssumeRoleWithWebIdentity" && parameters.get("Version") === VERSION) {
        const { identity, result } = await assumeRoleWithWebIdentity(parameters, webIdentity, now());
        known.set(identity.accessKeyId, identity);
        return answered(request, "AssumeRoleWithWebIdentity", result);
      }
      const identity = verify(request, query, { identities: known, extraHosts, now: now() });
      checkAction(parameters);
      return callerIdentity(request, identity);
    } catch (error) {
      if (error instanceof ServiceError) return refused(request, error);
      throw error;
    }
  };
}

function readForm({ method, headers, body }: LocalRequest): readonly Parameter[] {
  const isForm = headers["content-type"]?.startsWith("application/x-www-form-urlencoded");
  return method === "POST" && isForm ? parseQuery(body.toString("latin1")) : [];
}

function checkAction(parameters: ReadonlyMap<string, string>): void {
  const action = parameters.get("Action");
  const version = parameters.get("Version");
  if (action === undefined || version === undefined) throw missingAction();
  if (action !== "GetCallerIdentity" || version !== VERSION) throw unknownAction(action, version);
}
