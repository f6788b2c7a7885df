// The check of denials by name: names each that has not ended, where the new version accepts AWS-signed tokens.

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
  [`deny/${HOME}`]: [{ name: "joe", notAfter: "2026-12-02T00:00:00Z" }],
  [`role/${HOME}/dev`]: { arn: `arn:aws:iam::${HOME}:role/dev`, username: "dev" },
  callers: [{ name: "kube-apiserver", sha256: "a".repeat(64) }],
};
type Variables = Readonly<Record<string, string>>;
const SIGNED = { JWT_ISSUERS: `${HOME}=https://x.tokens.sts.global.api.aws` };

async function warnings(live: Variables, next: Variables) {
  const version = (variables: Variables) => {
    const settings = readSettings({ AWS_REGION: "us-east-1", CLUSTER_ID: "test", CALLER_AUTH: "none", ...variables });
    const handler = handlerOf(fakeServices(), settings);
    return async (event: object) => ("storedParameters" in event ? handler(event) : REFUSAL);
  };
  const [ofLive, ofNext] = [version(live), version(next)];
  const parameters = Object.entries(STORED).map(
    ([name, value]) => [`${OPTIONS.mappingPrefix}/${name}`, { value: JSON.stringify(value), secure: false }] as const,
  );
  const { run, line } = world({
    readOptions: () => OPTIONS,
    invoke: (arn, event) => (arn === "live" ? ofLive : ofNext)(event),
    readPage: async () => ({ parameters, next: undefined }),
    clock: () => NOW,
  });
  await run();
  const { status, problems, warnings: found } = line();
  assert.deepEqual([status, problems], ["Succeeded", []]);
  return found;
}

test("each name that has not ended is a warning where the new version accepts AWS-signed tokens", async () => {
  const line = (list: string, name: string) =>
    `${list}: the denial of ${name} denies all AWS-signed tokens of every role, which contain no session`;
  for (const live of [{}, SIGNED]) {
    const [any, own, advice, ...others] = await warnings(live, { ...SIGNED, TOKENS: "jwt" });
    assert.deepEqual([any, own, others], [line("deny/any", "jane@example.com"), line(`deny/${HOME}`, "joe"), []]);
    assert.match(advice ?? "", /^to keep AWS-signed tokens: .* mappings deny/);
    assert.equal((await warnings(live, SIGNED)).length, 3);
  }
});

test("without AWS-signed tokens in the new version, names are no warning", async () => {
  for (const live of [{}, SIGNED]) assert.deepEqual(await warnings(live, {}), []);
});
