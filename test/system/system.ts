// The entire system for one test: the built bundle behind the local gateway, with local AWS, over
// real HTTP.

import assert from "node:assert/strict";
import { hash } from "node:crypto";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { type GatewayOptions, startGateway } from "../../local/gateway/gateway.ts";
import { mintToken, type TokenOptions } from "../../local/identities.ts";
import { localIdentity, localServices, startParameterStore, startSts } from "../local-aws.ts";
import {
  type Answer,
  checkedPost,
  KUBE_HEADERS,
  type ReviewPost,
  reviewBody,
  V1,
} from "./answers.ts";
import { startFunction } from "./bundled-function.ts";
import { type SharedClock, stoppedClock } from "./clock.ts";
import { MAPPINGS, PREFIX } from "./mappings.ts";
import { traceOf } from "./trace.ts";

export const REGION = "us-west-2";
/** A valid bearer token for `CALLER_AUTH` `bearer`. */
export const CALLER_TOKEN = "bG9jYWwgY2FsbGVyLCBub3QgYSByZWFsIG9uZSBhdCBhbGw";
export const CALLERS = [{ name: "kube-apiserver", sha256: hash("sha256", CALLER_TOKEN, "hex") }];
export const BUNDLE = fileURLToPath(new URL("../../dist/authenticator/index.mjs", import.meta.url));
export const SOURCES = fileURLToPath(
  new URL("../../functions/authenticator/index.ts", import.meta.url),
);

export interface SystemOptions extends Pick<GatewayOptions, "tls"> {
  /** The function's settings, in addition to the required ones. An empty string unsets one. */
  readonly settings?: Readonly<Record<string, string>>;
  /** By names below the prefix. Default: `MAPPINGS` and a caller. */
  readonly parameters?: Readonly<Record<string, unknown>>;
  /**
   * Default: stopped, so that a busy machine causes no timeout. A wait after throttling needs a
   * running one.
   */
  readonly clock?: SharedClock;
  /** Path of the bundle, or of its sources' index.ts. Default: the built bundle. */
  readonly entry?: string;
  /** The only authorities that the function trusts, PEM. Default: those of Node. */
  readonly ca?: readonly string[];
}

interface ReviewOptions {
  readonly apiVersion?: string;
  readonly audiences?: unknown;
  /** The header. Default with `bearer`: the valid one. */
  readonly authorization?: string;
  readonly tls?: ReviewPost["tls"];
}

export type System = Awaited<ReturnType<typeof startSystem>>;

/** Stops after the test. Fails it if the output contains a secret or anything that is not JSON. */
export async function startSystem(t: TestContext, options: SystemOptions = {}) {
  const {
    settings,
    parameters = { ...MAPPINGS, callers: CALLERS },
    entry = BUNDLE,
    ca,
    tls,
  } = options;
  const { clock = stoppedClock() } = options;
  const { now } = clock;
  const texts = Object.entries(parameters).map(([name, value]) => [
    `${PREFIX}/${name}`,
    JSON.stringify(value),
  ]);
  const named = Object.fromEntries(texts);
  const sts = await startSts({ now });
  t.after(() => sts.close());
  const store = await startParameterStore({ now, clock: now, region: REGION, parameters: named });
  t.after(() => store.close());
  const environment = {
    CLUSTER_ID: "local",
    CALLER_AUTH: "none",
    ...localServices(REGION, { sts: sts.url, store: store.url }),
    ...settings,
  };
  const bundled = await startFunction({ entry, environment, clock, ca });
  t.after(bundled.close);
  const gateway = await startGateway({ ...(tls && { tls }), handler: bundled.handler, now });
  const trace = traceOf(bundled);
  const caller = environment.CALLER_AUTH === "bearer" ? `Bearer ${CALLER_TOKEN}` : undefined;

  t.after(async () => {
    await gateway.close();
    trace.check();
    assert.deepEqual(gateway.errors, [], "the function never throws");
  });

  /** Sends any request to a path below the API's URL. */
  async function send(path: string, request: ReviewPost): Promise<Answer> {
    trace.sent(request);
    const answer = await checkedPost(`${gateway.url}${path}`, request);
    trace.received(answer);
    return answer;
  }

  return {
    sts,
    store,
    gateway,
    clock,
    send,
    /** A token for this cluster, signed now by the local identity of that name. */
    token: (name: string, options?: Partial<TokenOptions>) =>
      mintToken({
        identity: localIdentity(name),
        clusterId: "local",
        region: REGION,
        now: now(),
        ...options,
      }),
    /** Posts a TokenReview as kube-apiserver does. */
    review(
      token: string,
      { apiVersion = V1, audiences, authorization = caller, tls }: ReviewOptions = {},
    ) {
      const headers = {
        ...KUBE_HEADERS,
        ...(authorization !== undefined && { Authorization: authorization }),
      };
      const body = reviewBody(apiVersion, token, audiences);
      return send("/authenticate?timeout=30s", { headers, body, ...(tls && { tls }) });
    },
    logs: trace.logs,
  };
}
