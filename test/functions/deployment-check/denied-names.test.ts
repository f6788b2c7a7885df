// The check of denials by name and of sessions: lists those that deny every AWS-signed token of a
// role, where the new version accepts such tokens. They stop a deployment after which a role has no
// other tokens.

import assert from "node:assert/strict";
import { test } from "node:test";
import { readSettings } from "../../../functions/authenticator/settings.ts";
import { fakeServices, HOME, handlerOf } from "../authenticator/fixtures.ts";
import { OPTIONS, REFUSAL, world } from "./check-world.ts";

const NOW = Date.parse("2026-12-01T00:00:00Z");
const STORED = {
  "deny/any": [
    { name: "jane@example.com" },
    { arnLike: `arn:aws:iam::${HOME}:user/eve` },
    { name: "ended", notAfter: "2026-11-30T00:00:00Z" },
    // Invalid, so the list denies every identity with any token.
    { name: "x" },
  ],
  [`deny/${HOME}`]: [
    { name: "joe", notAfter: "2026-12-02T00:00:00Z" },
    { arnLike: `arn:aws:sts::${HOME}:assumed-role/*/jane` },
    { arnLike: `arn:aws:sts::${HOME}:assumed-role/dev/ended`, notAfter: "2026-11-30T00:00:00Z" },
    // These deny every session, whatever its token.
    { arnLike: `arn:aws:sts::${HOME}:assumed-role/dev/*` },
    { arnLike: `arn:aws:sts::${HOME}:assumed-role/d?v*` },
    { arnLike: `arn:aws:sts::${HOME}:*` },
    { arnLike: `arn:aws:iam::${HOME}:role/ops` },
  ],
  [`role/${HOME}/dev`]: { arn: `arn:aws:iam::${HOME}:role/dev`, username: "dev" },
  callers: [{ name: "kube-apiserver", sha256: "a".repeat(64) }],
};
type Variables = Readonly<Record<string, string>>;
const SIGNED = { JWT_ISSUERS: `${HOME}=https://x.tokens.sts.global.api.aws` };
const ONLY_SIGNED = { ...SIGNED, TOKENS: "jwt" };

async function check(live: Variables, next: Variables) {
  const version = (variables: Variables) => {
    const settings = readSettings({
      AWS_REGION: "us-east-1",
      CLUSTER_ID: "test",
      CALLER_AUTH: "none",
      ...variables,
    });
    const handler = handlerOf(fakeServices(), settings);
    return async (event: object) => ("storedParameters" in event ? handler(event) : REFUSAL);
  };
  const ofLive = version(live);
  const ofNext = version(next);
  const parameters = Object.entries(STORED).map(
    ([name, value]) =>
      [
        `${OPTIONS.mappingPrefix}/${name}`,
        { value: JSON.stringify(value), secure: false },
      ] as const,
  );
  const { run, line } = world({
    readOptions: () => OPTIONS,
    invoke: (arn, event) => (arn === "live" ? ofLive : ofNext)(event),
    readPage: async () => ({ parameters, next: undefined }),
    clock: () => NOW,
  });
  await run();
  const { status, problems, warnings } = line();
  assert.equal(status, problems.length === 0 ? "Succeeded" : "Failed");
  return { problems, warnings };
}

const ofName = (list: string, name: string) =>
  `${list}: the denial of ${name} denies all AWS-signed tokens of every role, which contain no session`;
const NAMES = [ofName("deny/any", "jane@example.com"), ofName(`deny/${HOME}`, "joe")];
const SESSION =
  `deny/${HOME}: the denial of arn:aws:sts::${HOME}:assumed-role/*/jane denies all AWS-signed tokens of its roles, ` +
  "which contain no session";
const ADVICE =
  /^to keep AWS-signed tokens of roles: remove the access in AWS \(.*\), then run mappings allow /;

test("each name is a warning where only one version accepts other tokens", async () => {
  for (const [live, next] of [
    [{}, SIGNED],
    [SIGNED, SIGNED],
    [ONLY_SIGNED, SIGNED],
    [ONLY_SIGNED, ONLY_SIGNED],
  ] as const) {
    const { problems, warnings } = await check(live, next);
    assert.deepEqual([problems, warnings.slice(0, -1)], [[], NAMES]);
    assert.match(warnings.at(-1) ?? "", ADVICE);
  }
});

test("names stop the first version that accepts only AWS-signed tokens", async () => {
  for (const live of [{}, SIGNED]) {
    const { problems, warnings } = await check(live, ONLY_SIGNED);
    assert.deepEqual([problems.slice(0, -1), warnings], [[...NAMES, SESSION], []]);
    assert.match(problems.at(-1) ?? "", ADVICE);
  }
});

test("without AWS-signed tokens in the new version, neither is reported", async () => {
  for (const live of [{}, SIGNED, ONLY_SIGNED]) {
    assert.deepEqual(await check(live, {}), { problems: [], warnings: [] });
  }
});
