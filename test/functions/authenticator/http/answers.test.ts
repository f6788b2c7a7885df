// The response to kube-apiserver for each outcome: status, body, headers.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fault, httpError } from "../../../../functions/errors.ts";
import {
  DEVELOPERS,
  fakeServices,
  gatewayEvent,
  HOME,
  handlerOf,
  MAPPED,
  NOW,
  type ReviewOptions,
  reviewBody,
  reviewOnce,
  tokenFor,
  tokenOf,
} from "../fixtures.ts";

const NODE = { arn: `arn:aws:iam::${HOME}:role/ClusterNode`, username: "system:node:{EC2PrivateDNSName}" };

function failing(error: Error): () => Promise<never> {
  return () => Promise.reject(error);
}

test("the response has the version of the request, also for a denial", async () => {
  for (const version of ["v1beta1", "v1"]) {
    const body = reviewBody(tokenOf("bob")).replace("k8s.io/v1", `k8s.io/${version}`);
    for (const stored of [MAPPED, {}]) {
      const { json } = await handlerOf(fakeServices(stored))(gatewayEvent(body));
      assert.equal(json.apiVersion, `authentication.k8s.io/${version}`);
    }
  }
});

test("a denial at each step: 200, not authenticated, with its code and reason in one line, and no user", async () => {
  const refusing = { findNodeName: async () => ({ refusal: "no" }) };
  const denials: [string, string, ReviewOptions][] = [
    ["token_malformed", "k8s-aws-v1.x", {}],
    ["token_expired", tokenFor("ASIALOCALBOBAAAAAAAA", { now: NOW - 900_001 }), {}],
    ["sts_refused", tokenFor("AKIANOBODYKNOWSTHISK"), {}],
    ["audience_foreign", tokenOf("bob"), { spec: { audiences: ["vault"] }, settings: { audiences: ["mine"] } }],
    ["identity_denied", tokenOf("bob"), { stored: { "deny/any": [{ arnLike: DEVELOPERS.arn }] } }],
    ["name_refused", tokenOf("bob"), { settings: { reservedPrefixes: ["de"] } }],
    ["node_not_verified", tokenOf("node"), { stored: { [`role/${HOME}/clusternode`]: NODE }, changes: refusing }],
  ];
  for (const [code, token, options] of denials) {
    const { statusCode, json, calls } = await reviewOnce(token, options);
    if (code.startsWith("token_")) assert.deepEqual(calls, { sts: [], ssm: [] });
    assert.deepEqual([statusCode, Object.keys(json.status)], [200, ["authenticated", "error"]], code);
    assert.equal(json.status.authenticated, false, code);
    assert.match(json.status.error ?? "", new RegExp(`^${code}: [^\\n\\r]+$`));
  }
});

test("an outage or an internal fault: 500 with a Status, never a denial", async () => {
  const stored = { [`role/${HOME}/clusternode`]: NODE };
  const gone = (code: "sts_unreachable" | "parameters_unavailable" | "instances_unavailable") =>
    failing(fault(code, "gone"));
  const html = async () => ({ status: 502, body: "<html>", requestId: undefined });
  for (const [code, token, options] of [
    ["sts_unreachable", "bob", { changes: { askSts: gone("sts_unreachable") } }],
    ["sts_answer_unusable", "bob", { changes: { askSts: html } }],
    ["parameters_unavailable", "bob", { changes: { fetchParameters: gone("parameters_unavailable") } }],
    ["instances_unavailable", "node", { stored, changes: { findNodeName: gone("instances_unavailable") } }],
    ["internal_fault", "bob", { changes: { askSts: failing(new TypeError("bug")) } }],
    ["internal_fault", "bob", { changes: { fetchParameters: failing(new RangeError("bug")) } }],
  ] as const) {
    const { statusCode, json, line } = await reviewOnce(tokenOf(token), options);
    assert.deepEqual([statusCode, json.kind, json.code, json.reason], [500, "Status", 500, "InternalError"], code);
    // A failed call is recorded as one.
    assert.equal(code === "parameters_unavailable" && line.cached.mapping, false);
    assert.match(json.message ?? "", new RegExp(`^${code}: `));
    assert.doesNotMatch(json.message ?? "", /bug/);
  }
});

test("responses never have Retry-After, are always JSON, and are never cacheable", async () => {
  const slow = { askSts: failing(httpError("sts_throttled", "slow")) };
  for (const options of [{}, { stored: {} }, { changes: slow }]) {
    const { headers, isBase64Encoded, statusCode, json } = await reviewOnce(tokenOf("bob"), options);
    assert.deepEqual(headers, { "content-type": "application/json", "cache-control": "no-store" });
    assert.equal(isBase64Encoded, false);
    if ("changes" in options)
      assert.deepEqual([statusCode, json.kind, json.reason], [429, "Status", "TooManyRequests"]);
  }
});
