// A local STS with GetCallerIdentity, AssumeRoleWithWebIdentity and GetWebIdentityToken; it
// verifies signatures and tokens.

import {
  type LocalRequest,
  type LocalResponse,
  type LocalServer,
  ServiceError,
  startHttpServer,
} from "../http-server.ts";
import { type Parameter, parseForm } from "../signature.ts";
import { byAccessKey, type ServiceOptions, verify } from "../verification.ts";
import { answered, callerIdentity, missingAction, refused, unknownAction } from "./protocol.ts";
import { getWebIdentityToken, keysOf, type SignedTokenOptions } from "./signed-token.ts";
import {
  assumeRoleWithWebIdentity,
  checkTrustPolicy,
  type WebIdentityOptions,
} from "./web-identity.ts";

export interface StsOptions extends Pick<ServiceOptions, "port" | "bridge" | "identities"> {
  /** Host names in lower case that are valid for any region, in addition to the local ones. */
  readonly extraHosts?: readonly string[];
  /** OIDC providers and the roles that trust them; default none. */
  readonly webIdentity?: WebIdentityOptions;
  /** Accounts whose identities get signed tokens; default none. */
  readonly signedTokens?: SignedTokenOptions;
  /** Milliseconds since the epoch; default Date.now. */
  readonly now?: () => number;
}

const VERSION = "2011-06-15";

/** Listens on 127.0.0.1 and accepts the Host of every STS endpoint in the partition `aws`. */
export function startSts(options: StsOptions): Promise<LocalServer> {
  const { bridge, extraHosts = [] } = options;
  const hosts = bridge === undefined ? extraHosts : [...extraHosts, bridge];
  return startHttpServer(stsAnswers({ ...options, extraHosts: hosts }), options.port, bridge);
}

/** Returns the request handler of STS. */
export function stsAnswers(
  options: Omit<StsOptions, "port">,
): (request: LocalRequest) => Promise<LocalResponse> {
  const { identities, extraHosts = [], now = Date.now } = options;
  const { webIdentity = { providers: [], roles: [] }, signedTokens = { issuers: new Map() } } =
    options;
  for (const { trustPolicy } of webIdentity.roles) checkTrustPolicy(trustPolicy);
  /** Includes sessions that this STS issued. */
  const known = byAccessKey(identities);
  const servesRegion = (region: string, host: string) => isInRegion(host, region, extraHosts);
  const rules = { identities: known, service: "sts", servesRegion, clock: now };

  return async (request) => {
    try {
      const published = await keysOf(request, signedTokens);
      if (published !== undefined) return published;
      const query = parseForm(request.target.split("?").slice(1).join("?"));
      const parameters = new Map([...query, ...readForm(request)]);
      // Unsigned: the token authenticates the caller.
      if (
        parameters.get("Action") === "AssumeRoleWithWebIdentity" &&
        parameters.get("Version") === VERSION
      ) {
        const { identity, result } = await assumeRoleWithWebIdentity(
          parameters,
          webIdentity,
          now(),
        );
        known.set(identity.accessKeyId, identity);
        return answered(request, "AssumeRoleWithWebIdentity", result);
      }
      const identity = verify(request, query, rules);
      const action = actionOf(parameters);
      if (action === "GetCallerIdentity") return callerIdentity(request, identity);
      return answered(
        request,
        action,
        await getWebIdentityToken(parameters, identity, signedTokens, now()),
      );
    } catch (error) {
      if (error instanceof ServiceError) return refused(request, error);
      throw error;
    }
  };
}

function readForm({ method, headers, body }: LocalRequest): readonly Parameter[] {
  const isForm = headers["content-type"]?.startsWith("application/x-www-form-urlencoded");
  return method === "POST" && isForm ? parseForm(body.toString("latin1")) : [];
}

const ACTIONS = ["GetCallerIdentity", "GetWebIdentityToken"] as const;

function actionOf(parameters: ReadonlyMap<string, string>): (typeof ACTIONS)[number] {
  const action = parameters.get("Action");
  const version = parameters.get("Version");
  if (action === undefined || version === undefined) throw missingAction();
  const known = ACTIONS.find((name) => name === action);
  if (known === undefined || version !== VERSION) throw unknownAction(action, version);
  return known;
}

// Host names: https://docs.aws.amazon.com/general/latest/gr/sts.html

const REGIONAL =
  /^sts(?:-fips)?\.((?!us-gov-)[a-z]{2}(?:-[a-z]+)+-[0-9]+)\.(?:amazonaws\.com|api\.aws)$/;

const INTERFACE_ENDPOINT = /^vpce-[a-z0-9-]+\.sts\.([a-z0-9-]+)\.vpce\.amazonaws\.com$/;

/** Valid for any region: clients that connect to the local address sign one of these names. */
const LOCAL = new Set(["127.0.0.1", "localhost", "host.docker.internal"]);

/**
 * Returns whether `host` accepts a signature for `region`; the global endpoint is in `us-east-1`.
 */
function isInRegion(host: string, region: string, extraHosts: readonly string[]): boolean {
  const name = host.toLowerCase().replace(/:[0-9]+$/, "");
  if (name === "sts.amazonaws.com") return region === "us-east-1";
  const match = REGIONAL.exec(name) ?? INTERFACE_ENDPOINT.exec(name);
  return match === null ? LOCAL.has(name) || extraHosts.includes(name) : match[1] === region;
}
