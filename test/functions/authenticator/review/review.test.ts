// One review from token to user: calls to services, the record of each step, and where the review
// ends; the TokenReview, and the user of its answer.

import assert from "node:assert/strict";
import { test } from "node:test";
import { newRecord, timed } from "../../../../functions/authenticator/review/record.ts";
import { reviewIdentity } from "../../../../functions/authenticator/review/review.ts";
import {
  granted,
  kubernetesStatus,
  parseTokenReview,
  tokenReview,
} from "../../../../functions/authenticator/review/token-review.ts";
import { cachedParameters } from "../../../../functions/parameters/parameter-cache.ts";
import {
  DEVELOPERS,
  deadlineOf,
  fakeServices,
  fixedClock,
  HOME,
  MAPPED,
  OTHER,
  PREFIX,
  reviewOnce,
  settingsWith,
  tokenOf,
  verified,
} from "../fixtures.ts";

test("only identities of ACCOUNTS are reviewed (account_foreign)", async () => {
  const { json, calls, line } = await reviewOnce(tokenOf("bob"), {
    settings: { accounts: [OTHER] },
  });
  const message = `the account of arn:aws:iam::${HOME}:role/Developers is not in ACCOUNTS`;
  assert.deepEqual(json.status, { authenticated: false, error: `account_foreign: ${message}` });
  assert.deepEqual([calls.sts.length, calls.ssm.length, line.accountId], [1, 0, HOME]);
  for (const accounts of [[OTHER, HOME], []]) {
    const own = await reviewOnce(tokenOf("bob"), { settings: { accounts } });
    assert.deepEqual([own.json.status.authenticated, own.calls.ssm.length], [true, 1]);
  }
});

test("a token of another kind is not authenticated: no service is called, and it is not an error", async () => {
  for (const token of [
    "eyJhbGciOiJSUzI1NiJ9.e30.x",
    "k8s-aws-v2.x",
    "K8S-AWS-V1.x",
    " k8s-aws-v1.x",
    "k8s-aws-v1",
  ]) {
    const options = { spec: { audiences: ["vault"] }, settings: { audiences: ["mine"] } };
    const { statusCode, json, calls } = await reviewOnce(token, options);
    assert.deepEqual(
      [statusCode, json.status, calls],
      [200, { authenticated: false }, { sts: [], ssm: [] }],
    );
  }
});

test("a denial records its code as reason, the identity and the deciding parameter, and no user", async () => {
  const { line } = await reviewOnce(tokenOf("bob"), {
    stored: { [`deny/${HOME}`]: [{ arnLike: DEVELOPERS.arn }] },
  });
  assert.deepEqual(
    [line.outcome, line.reason, line.canonicalArn, line.parameter, line.username, line.groups],
    ["denied", "identity_denied", DEVELOPERS.arn, `${PREFIX}/deny/${HOME}`, undefined, undefined],
  );
  assert.match(line.message, /^arn:\S+ is denied by /);
});

test("while Parameter Store fails, cached mappings decide, and their absence is a fault", async () => {
  const { clock, findNodeName } = fakeServices();
  const mapping = [
    `${PREFIX}/role/${HOME}/developers`,
    { value: JSON.stringify(DEVELOPERS), secure: false },
  ] as const;
  const record = newRecord(0);
  const review = (...stored: (typeof mapping)[]) => {
    const readParameters = async () => ({ parameters: new Map(stored), cached: true, stale: true });
    return reviewIdentity(
      verified("bob"),
      settingsWith(),
      { readParameters, findNodeName },
      record,
      deadlineOf(clock),
    );
  };
  const message =
    "Parameter Store does not respond, and no cached mapping applies to this identity";
  await assert.rejects(review(), { code: "parameters_unavailable", message });
  assert.deepEqual([(await review(mapping)).username, record.staleReads], ["dev", 1]);
});

test("a review of an identity without a token records each evaluation", async () => {
  const { clock, fetchParameters, findNodeName } = fakeServices(MAPPED);
  const services = {
    readParameters: cachedParameters(fetchParameters, 30_000, clock),
    findNodeName,
  };
  const record = newRecord(0);
  const user = await reviewIdentity(
    verified("bob"),
    settingsWith(),
    services,
    record,
    deadlineOf(clock),
  );
  const verdicts = record.evaluations?.map(({ verdict }) => verdict.kind);
  assert.deepEqual(user, { username: "dev", groups: ["g"] });
  const { parameter, token, coldStart } = record;
  const expected = [user, `${PREFIX}/role/${HOME}/developers`, undefined, false];
  assert.deepEqual([record.user, parameter, token, coldStart], expected);
  assert.deepEqual(verdicts, ["nothing", "nothing", "match", "nothing", "nothing", "nothing"]);
});

test("a stage's duration is recorded, also if the stage fails", async () => {
  const clock = fixedClock();
  const record = newRecord(0);
  const slow = (outcome: Promise<string>) => () => {
    clock.advance(7);
    return outcome;
  };
  assert.equal(await timed(record, "token", clock, slow(Promise.resolve("x"))), "x");
  await assert.rejects(
    timed(record, "mapping", clock, slow(Promise.reject(new Error("no")))),
    /no/,
  );
  assert.deepEqual(record.ms, { token: 7, mapping: 7 });
});

const V1 = "authentication.k8s.io/v1";
const BETA = "authentication.k8s.io/v1beta1";

function body(changes: Record<string, unknown> = {}): string {
  return JSON.stringify({ apiVersion: V1, kind: "TokenReview", spec: { token: "t" }, ...changes });
}

const OTHER_BODY = "the body must be a JSON TokenReview";
const OTHER_VERSION = `apiVersion must be ${V1} or ${BETA}`;
const NO_TOKEN = "spec.token must be a non-empty string";

function malformed(message: string, text: string): void {
  assert.throws(() => parseTokenReview(text), { code: "review_malformed", message }, text);
}

test("both versions are accepted, and unknown fields are ignored", () => {
  const status = { authenticated: true, user: { username: "system:admin" } };
  const more = {
    metadata: 1,
    status,
    other: [],
    spec: { token: "t", user: "x", audiences: ["a"] },
  };
  for (const apiVersion of [V1, BETA]) {
    assert.deepEqual(parseTokenReview(body({ apiVersion })), {
      apiVersion,
      token: "t",
      audiences: undefined,
    });
    const sent = `${body({ ...more, apiVersion })}\n`;
    assert.deepEqual(parseTokenReview(sent), { apiVersion, token: "t", audiences: ["a"] });
  }
});

test("a body that is not JSON is malformed, and is not quoted", () => {
  const texts = [
    "",
    " ",
    "secret",
    '{"token":"secret"',
    `${body()}x`,
    `${body()}${body()}`,
    "token=secret",
    "\u0000",
  ];
  for (const text of texts) malformed(OTHER_BODY, text);
});

test("a body that is not a TokenReview, or of an unknown version, is malformed", () => {
  for (const text of ["null", "1", '"TokenReview"', "[]", `[${body()}]`, "{}"])
    malformed(OTHER_BODY, text);
  for (const kind of [undefined, null, "", "tokenreview", "SubjectAccessReview", ["TokenReview"]])
    malformed(OTHER_BODY, body({ kind }));
  const group = V1.replace("/v1", "");
  const versions = [
    undefined,
    null,
    "",
    "v1",
    `${group}/v2`,
    `${group}/v1alpha1`,
    [V1],
    V1.toUpperCase(),
    ` ${V1}`,
  ];
  for (const apiVersion of versions) malformed(OTHER_VERSION, body({ apiVersion }));
});

test("a review without a token is malformed", () => {
  for (const token of [undefined, null, "", 1, true, ["secret"], { secret: 1 }])
    malformed(NO_TOKEN, body({ spec: { token } }));
  for (const spec of [undefined, null, "secret", [], 1]) malformed(NO_TOKEN, body({ spec }));
  malformed(NO_TOKEN, body({ spec: {}, token: "secret" }));
});

test("missing audiences are undefined, and those of a wrong type malformed", () => {
  for (const audiences of [undefined, null, []]) {
    assert.equal(parseTokenReview(body({ spec: { token: "t", audiences } })).audiences, undefined);
  }
  for (const audiences of [
    "a",
    "",
    0,
    1,
    true,
    false,
    {},
    [1],
    [null],
    ["a", null],
    [["a"]],
    [{}],
  ]) {
    malformed(
      "spec.audiences must be a list of strings",
      body({ spec: { token: "t", audiences } }),
    );
  }
});

const USER = { username: "dev", groups: ["a", "b"] };

test("users, root and federated users have their complete user id as uid", () => {
  for (const [who, id] of Object.entries({
    alice: "AIDALOCALALICEAAAAAAA",
    root: HOME,
    federated: `${HOME}:dave`,
  })) {
    const { uid, extra = {} } = granted(USER, verified(who), undefined, true).user;
    const expected = [`aws-iam-authenticator:${HOME}:${id}`, [id], false];
    assert.deepEqual([uid, extra["principalId"], "sessionName" in extra], expected);
  }
});

test("empty groups are omitted, and USER_INFO=minimal leaves only uid and extra", () => {
  const { user, ...status } = granted(
    { username: "dev", groups: [] },
    verified("bob"),
    undefined,
    true,
  );
  assert.deepEqual(["groups" in user, Object.keys(status)], [false, ["authenticated"]]);
  assert.deepEqual(granted(USER, verified("bob"), ["a"], true).audiences, ["a"]);
  assert.deepEqual(granted(USER, verified("bob"), ["a"], false), {
    authenticated: true,
    user: USER,
    audiences: ["a"],
  });
});

test("the body is a TokenReview of the same version, or a Status", () => {
  const status = { authenticated: false };
  const apiVersion = "authentication.k8s.io/v1beta1";
  assert.deepEqual(tokenReview(apiVersion, status), { apiVersion, kind: "TokenReview", status });
  assert.deepEqual(kubernetesStatus(401, "Unauthorized", "no"), {
    ...{ apiVersion: "v1", kind: "Status", metadata: {}, status: "Failure" },
    ...{ reason: "Unauthorized", message: "no", code: 401 },
  });
});
