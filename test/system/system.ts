// The entire system for one test: the built bundle behind the local gateway, with local AWS, over real HTTP.

import assert from "node:assert/strict";
import { hash } from "node:crypto";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { type Ec2Options, type Ec2Server, startEc2 } from "../../local/ec2/ec2.ts";
import { type Gateway, type GatewayOptions, startGateway } from "../../local/gateway/gateway.ts";
import type { LocalServer } from "../../local/http-server.ts";
import { LOCAL_IDENTITIES, type LocalIdentity, localIdentity } from "../../local/identities.ts";
import { type MemoryStore, startParameterStore } from "../../local/parameter-store/parameter-store.ts";
import { startSts } from "../../local/sts/start-sts.ts";
import { mintToken, type TokenOptions } from "../../local/token.ts";
import { startFunction } from "./bundled-function.ts";
import { type Answer, checkedPost, type ReviewPost } from "./checked-post.ts";
import { type SharedClock, stoppedClock } from "./clock.ts";
import { MAPPINGS, PREFIX } from "./mappings.ts";
import type { FaultRule } from "./outages.ts";
import { type Service, startService } from "./service.ts";
import { KUBE_HEADERS, reviewBody, V1 } from "./token-review.ts";
import { type Trace, traceOf } from "./trace.ts";

export const REGION = "us-west-2";
/** A valid bearer token for `CALLER_AUTH` `bearer`. */
export const CALLER_TOKEN = "bG9jYWwgY2FsbGVyLCBub3QgYSByZWFsIG9uZSBhdCBhbGw";
export const CALLERS = [{ name: "kube-apiserver", sha256: hash("sha256", CALLER_TOKEN, "hex") }];
export const BUNDLE = fileURLToPath(new URL("../../dist/authenticator/index.mjs", import.meta.url));

export interface SystemOptions extends Partial<Pick<GatewayOptions, "kind" | "tls">> {
  /** The function's settings, in addition to the required ones. An empty string unsets one. */
  readonly settings?: Readonly<Record<string, string>>;
  /** By their names below the prefix. Default: `MAPPINGS` and a caller. */
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** Identities that STS knows, in addition to the local ones. */
  readonly identities?: readonly LocalIdentity[];
  /** Also starts a local EC2 and IAM. */
  readonly ec2?: Ec2Options;
  /** Faults of Parameter Store before the function initializes. `store.fail` changes them. */
  readonly storeFault?: FaultRule;
  /** Default: stopped, so that a busy machine causes no timeout. A wait after throttling needs a running one. */
  readonly clock?: SharedClock;
  /** Path of the bundle, or of its sources' index.ts. Default: the built bundle. */
  readonly entry?: string;
  /** The only authorities that the function trusts, PEM. Default: those of Node. */
  readonly ca?: readonly string[];
}

export interface ReviewOptions {
  readonly apiVersion?: string;
  readonly audiences?: unknown;
  /** The header. Default with `bearer`: the valid one. */
  readonly authorization?: string;
  readonly tls?: ReviewPost["tls"];
}

export interface System extends Pick<Trace, "logs"> {
  readonly sts: Service<LocalServer>;
  readonly store: Service<MemoryStore>;
  readonly ec2: Ec2Server | undefined;
  readonly gateway: Gateway;
  readonly clock: SharedClock;
  /** Duration of the function's initialization, in milliseconds of that clock. */
  readonly initMs: number;
  /** A token for this cluster, signed now by an identity or by the local one of that name. */
  token(who: string | LocalIdentity, options?: Partial<TokenOptions>): Promise<string>;
  /** Posts a TokenReview as kube-apiserver does. */
  review(token: string, options?: ReviewOptions): Promise<Answer>;
  /** Sends any request to a path below the API's URL. */
  send(path: string, post: ReviewPost): Promise<Answer>;
  /** Writes a parameter, by its name below the prefix. */
  put(name: string, value: unknown): void;
}

/** Stops after the test. Fails it if the output contains a secret or anything that is not JSON. */
export async function startSystem(t: TestContext, options: SystemOptions = {}): Promise<System> {
  const {
    settings,
    parameters = { ...MAPPINGS, callers: CALLERS },
    entry = BUNDLE,
    identities = [],
    ec2: ec2Options,
    storeFault,
    clock = stoppedClock(),
    ca,
    ...gatewayOptions
  } = options;
  const { now } = clock;
  const sts = await startService((port) => startSts({ port, now, identities: [...LOCAL_IDENTITIES, ...identities] }));
  t.after(sts.down);
  const store = await startService((port) =>
    startParameterStore({ port, now, region: REGION, parameters: stored(parameters) }),
  );
  t.after(store.down);
  store.fail(storeFault);
  const ec2 = ec2Options && (await startEc2(ec2Options));
  t.after(() => ec2?.close());
  const environment = {
    CLUSTER_ID: "local",
    CALLER_AUTH: "none",
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: "AKIALOCALFUNCTIONAAA",
    AWS_SECRET_ACCESS_KEY: "local/only",
    AWS_ENDPOINT_URL_STS: sts.url,
    AWS_ENDPOINT_URL_SSM: store.url,
    ...(ec2 && { AWS_ENDPOINT_URL_EC2: ec2.url, AWS_ENDPOINT_URL_IAM: ec2.url }),
    ...settings,
  };
  const bundled = await startFunction({ entry, environment, clock, ca });
  t.after(bundled.close);
  const gateway = await startGateway({ ...gatewayOptions, handler: bundled.handler, now });
  const trace = traceOf(bundled);
  const caller = environment.CALLER_AUTH === "bearer" ? `Bearer ${CALLER_TOKEN}` : undefined;

  t.after(async () => {
    await gateway.close();
    trace.check();
    assert.deepEqual(gateway.errors, [], "the function never throws");
  });

  async function send(path: string, request: ReviewPost): Promise<Answer> {
    trace.sent(request);
    const answer = await checkedPost(`${gateway.url}${path}`, request);
    trace.received(answer);
    return answer;
  }

  return {
    sts,
    store,
    ec2,
    gateway,
    clock,
    initMs: bundled.initMs,
    send,
    token(who, options) {
      const identity = typeof who === "string" ? localIdentity(who) : who;
      return mintToken({ identity, clusterId: "local", region: REGION, now: now(), ...options });
    },
    review(token, { apiVersion = V1, audiences, authorization = caller, tls } = {}) {
      const headers = { ...KUBE_HEADERS, ...(authorization !== undefined && { Authorization: authorization }) };
      const body = reviewBody(apiVersion, token, audiences);
      return send("/authenticate?timeout=30s", { headers, body, ...(tls && { tls }) });
    },
    put(name, value) {
      for (const [fullName, text] of Object.entries(stored({ [name]: value }))) store.server().put(fullName, text);
    },
    logs: trace.logs,
  };
}

/** Full names and values. Text stays unchanged, for values that are not JSON. */
function stored(parameters: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [
      `${PREFIX}/${name}`,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );
}
