// Vault PR 3983 and Project Zero 2066: a response redirects the verifier to the attacker's server.

import assert from "node:assert/strict";
import { after, beforeEach, test } from "node:test";
import { startHttpServer } from "../../../../local/http-server.ts";
import { callerIdentity } from "../../../../local/sts/answer.ts";
import { tokenOf } from "../../../token.ts";
import { attacked, authenticatorAt, VICTIM } from "./authenticate.ts";

const { sts, authenticate, url } = await attacked();
/** Grants every request. */
const attacker = await startHttpServer((request) => callerIdentity(request, VICTIM));
after(() => attacker.close());
beforeEach(() => sts.fail(undefined));

const token = tokenOf(url);
const STATUSES = Array.from({ length: 100 }, (_, n) => 300 + n);

test("Vault PR 3983: the attacker's server would grant, and STS grants without a redirect (control)", async () => {
  assert.equal(await authenticatorAt(attacker)(token), `granted ${VICTIM.arn}`);
  assert.equal(await authenticate(token), `granted ${VICTIM.arn}`);
  attacker.requests.length = 0;
});

test("Vault PR 3983: no 3xx is followed or retried, and each is a fault", async () => {
  for (const status of STATUSES) {
    sts.requests.length = 0;
    for (const location of [`${attacker.url}/`, "/", `//${new URL(attacker.url).host}/?a=b`]) {
      sts.fail({ kind: "answer", status, headers: { location }, body: "" });
      assert.equal(await authenticate(token), "sts_answer_unusable", `${status}`);
    }
    assert.equal(sts.requests.length, 3, `${status}`);
  }
  assert.equal(attacker.requests.length, 0);
});

test("Vault PR 3983: a redirect with an identity in its body is a fault", async () => {
  sts.fail((request) => {
    const { headers = {}, body } = callerIdentity(request, VICTIM);
    return { kind: "answer", status: 302, headers: { ...headers, location: attacker.url }, body: body.toString() };
  });
  assert.equal(await authenticate(token), "sts_answer_unusable");
  assert.equal(attacker.requests.length, 0);
});

test("Vault PR 3983: headers and pages that redirect a browser are ignored", async () => {
  for (const [status, name] of [
    [200, "location"],
    [200, "refresh"],
    [201, "location"],
    [202, "content-location"],
    [200, "alt-svc"],
  ] as const) {
    const body = `<meta http-equiv="refresh" content="0; url=${attacker.url}">`;
    sts.fail({ kind: "answer", status, headers: { [name]: attacker.url }, body });
    assert.equal(await authenticate(token), "sts_answer_unusable", name);
  }
  assert.equal(attacker.requests.length, 0);
});
