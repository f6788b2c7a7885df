// The issuer's Lambda handler: serves GET of its two public documents.

import { type AuthenticatorError, asAuthenticatorError, hasCode, httpError } from "../errors.ts";
import {
  type GatewayRequest,
  gatewayRequest,
  type HttpResponse,
  jsonResponse,
} from "../gateway/http.ts";
import { type Clock, type Deadline, deadlineIn } from "../lib/deadline.ts";
import type { FetchPath } from "../parameters/parameter-store.ts";
import { DISCOVERY_PATH, discoveryDocument, JWKS_PATH, jwksDocument } from "./documents.ts";
import { cachedIssuerKeys, type ReadKeys } from "./keys.ts";
import { type IssuerRecord, logRequest } from "./log-request.ts";
import type { IssuerSettings } from "./settings.ts";

interface IssuerDependencies {
  readonly fetchPath: FetchPath;
  readonly clock: Clock;
  /** Prints a line of JSON. `line` does not end with a newline. */
  readonly print: (line: string) => void;
}

/** STS waits 5 s: https://repost.aws/knowledge-center/iam-sts-invalididentitytoken */
const REQUEST_MS = 4_000;

export interface Issuer {
  /** Answers API Gateway events, payload 1.0 and 2.0. */
  readonly handler: (event: unknown) => Promise<HttpResponse>;
  /** Reads the keys early, so that the first request finds them in the cache. */
  readonly prefetch: (deadline: Deadline) => Promise<void>;
}

export function createIssuer(
  settings: IssuerSettings,
  { fetchPath, clock, print }: IssuerDependencies,
): Issuer {
  const readKeys = cachedIssuerKeys(fetchPath, settings.mappingPrefix, clock);
  let coldStart = true;

  const handler: Issuer["handler"] = async (event) => {
    const request = gatewayRequest(event);
    const { requestId } = request;
    const record: IssuerRecord = { startedAt: clock(), requestId, coldStart };
    coldStart = false;
    try {
      const response = await answer(
        request,
        settings.issuerUrl,
        readKeys,
        deadlineIn(REQUEST_MS, clock),
        record,
      );
      logRequest(record, undefined, settings, clock(), print);
      return response;
    } catch (thrown) {
      const error = asAuthenticatorError(thrown);
      logRequest(record, error, settings, clock(), print);
      return errorResponse(error);
    }
  };
  return {
    handler,
    prefetch: async (deadline) => {
      await readKeys(deadline);
    },
  };
}

async function answer(
  { path, method }: GatewayRequest,
  issuerUrl: string,
  readKeys: ReadKeys,
  deadline: Deadline,
  record: IssuerRecord,
): Promise<HttpResponse> {
  const document = documentAt(path, issuerUrl);
  if (document === undefined)
    throw httpError("path_unknown", `the only paths are ${DISCOVERY_PATH} and ${JWKS_PATH}`);
  if (method !== "GET") throw httpError("method_not_allowed", "the only method is GET");
  record.document = document;
  const start = deadline.clock();
  const set = await readKeys(deadline).finally(() => {
    record.readMs = deadline.clock() - start;
  });
  record.keySet = set;
  const isJwks = document === JWKS_PATH;
  return {
    statusCode: 200,
    headers: {
      // The content types of kube-apiserver. It allows caches an hour; with a minute, a retired key
      // takes effect soon.
      "content-type": isJwks ? "application/jwk-set+json" : "application/json",
      "cache-control": "public, max-age=60",
    },
    body: isJwks ? jwksDocument(set.keys) : discoveryDocument(issuerUrl, set.keys),
    isBase64Encoded: false,
  };
}

/**
 * Returns the path of the requested document; `undefined` for another path. A custom domain can
 * keep the path of the issuer's URL or remove it (base path mapping).
 */
function documentAt(path: string, issuerUrl: string): string | undefined {
  const base = new URL(issuerUrl).pathname.replace(/\/$/, "");
  const below = path.startsWith(`${base}/`) ? path.slice(base.length) : path;
  return [DISCOVERY_PATH, JWKS_PATH].find((known) => known === below);
}

function errorResponse(error: AuthenticatorError): HttpResponse {
  const headers: Record<string, string> = hasCode(error, "method_not_allowed")
    ? { allow: "GET" }
    : {};
  return jsonResponse(error.status, { code: error.code, message: error.message }, headers);
}
