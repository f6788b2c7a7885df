// `irsa doctor`: faults of the issuer's documents, keys and OIDC provider, and what else it reports about them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { DISCOVERY_PATH, discoveryDocument, JWKS_PATH } from "../../../functions/issuer/documents.ts";
import { cli } from "../cli.ts";
import { exits } from "../mappings/cluster.ts";
import { issuer, KEY, OTHER, PREFIX, provider, store, testFaults } from "./doctor-setup.ts";

const answers = (path: string, status: number, body: object) => issuer.answers.set(`GET ${path}`, () => [status, body]);

testFaults({
  "the issuer has another URL": [
    () => answers(DISCOVERY_PATH, 200, JSON.parse(discoveryDocument("https://other.example.com", [KEY]))),
    /^discovery: failed: issuer is "https:\/\/other\.example\.com", not https:\/\/127.* -> .*ISSUER_URL of the function and --service-account-issuer must be exactly this URL/,
  ],
  "something else answers": [
    () => issuer.answers.clear(),
    /^discovery: failed: HTTP 404.* -> .*check the issuer's URL/,
  ],
  "the issuer has no keys": [
    () => answers(JWKS_PATH, 500, { code: "issuer_without_keys", message: "no key below /p" }),
    /^jwks: failed: HTTP 500, no key below \/p -> .*publish the cluster's keys/,
  ],
  "an empty set": [() => answers(JWKS_PATH, 200, { keys: [] }), /^jwks: failed: it contains no key -> .*publish one/],
  "a parameter is invalid": [
    () => store.put(`${PREFIX}/issuer/broken`, "{"),
    /^keys: failed: issuer\/broken must be a JSON object.* -> .*publish it again, or remove the parameter/,
  ],
  "a published key is not served": [
    () => store.put(`${PREFIX}/issuer/${OTHER.kid}`, JSON.stringify(OTHER)),
    new RegExp(`^keys: warning: ${OTHER.kid} is not served -> .*wait 30 s`),
  ],
  "IAM has no provider": [
    () => Object.assign(provider, { status: 404 }),
    /^provider: failed: IAM has no OIDC provider for https:.* -> .*deploy the issuer's stack/,
  ],
  "the provider has another audience": [
    () => Object.assign(provider, { audiences: ["kubernetes"] }),
    /^provider: warning: .*has the audiences kubernetes -> .*add the audience sts\.amazonaws\.com/,
  ],
  "IAM may not be read": [
    () => Object.assign(provider, { status: 403 }),
    /^provider: warning: not read: No permission.* -> .*allow iam:GetOpenIDConnectProvider/,
  ],
  "IAM does not answer": [
    () => Object.assign(provider, { status: 500 }),
    /^provider: warning: not read: .*check the net/,
  ],
});

test("an unreachable issuer is reported with the kind of failure", async () => {
  const { out } = await exits(cli(["irsa", "doctor", "-c", "prod", "--issuer", issuer.url]), 1);
  assert.match(out, /^failed +discovery +no answer from https:\/\/127\.0\.0\.1:\d+\/\.well-known\/\S+ \(\w+\)/);
});
