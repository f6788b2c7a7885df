// The check of accounts: names exactly the mappings of accounts that only the live version accepts.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Settings } from "../../../functions/authenticator/settings.ts";
import { fakeServices, HOME, handlerOf, OTHER } from "../authenticator/fixtures.ts";
import { OPTIONS, REFUSAL, world } from "./check-world.ts";

const THIRD = "777788889999";
const NOW = Date.parse("2026-12-01T00:00:00Z");
const ENDED = { notAfter: "2026-11-30T00:00:00Z" };
const roleOf = (account: string) => ({ arn: `arn:aws:iam::${account}:role/dev`, username: "dev" });

type Answering = Pick<Settings, "accounts"> | "no accounts" | "failing";

/** A version with these accounts, of which the check sees only what it answers. */
function version(answering: Answering): (event: object) => Promise<unknown> {
  const handler = handlerOf(fakeServices(), answering instanceof Object ? answering : {});
  return async (event) => {
    if (!("storedParameters" in event)) return REFUSAL;
    if (answering === "failing") throw new Error("failed (Unhandled)");
    const answer = await handler(event);
    const { accounts, ...older } = JSON.parse(answer.body);
    return answering === "no accounts" ? { ...answer, body: JSON.stringify(older) } : answer;
  };
}

async function check(
  live: Answering,
  next: Answering,
  stored: object,
  options: Partial<typeof OPTIONS> = {},
) {
  const ofLive = version(live);
  const ofNext = version(next);
  const parameters = Object.entries(stored).map(([name, value]) => {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    return [`${OPTIONS.mappingPrefix}/${name}`, { value: text, secure: false }] as const;
  });
  const { run, line, reported } = world({
    readOptions: () => ({ ...OPTIONS, ...options }),
    invoke: (arn, event) => (arn === "live" ? ofLive : ofNext)(event),
    readPage: async () => ({ parameters, next: undefined }),
    clock: () => NOW,
  });
  await run();
  const { status, problems, warnings } = line();
  assert.deepEqual(reported, [status]);
  return { status, problems, warnings };
}

const ANY = { accounts: [] };
const OWN = { accounts: [HOME] };
const ADVICE =
  'add these accounts to the setting accounts, or set it to "any", or remove the mappings; then deploy again';
const PASSED = { status: "Succeeded", problems: [], warnings: [] };

const OF_OTHER = {
  [`role/${OTHER}/dev`]: roleOf(OTHER),
  [`sso/${OTHER}/view`]: { username: "viewer" },
  [`account/${OTHER}`]: {},
  [`pattern/${OTHER}`]: [{ arnLike: "arn:aws:iam::*:role/*", username: "x" }],
  "pattern/any": [{ arnLike: `arn:aws:iam::${OTHER}:role/ci-*`, username: "ci" }],
};

test("mappings of an account that only the live version accepts fail the check, with their names", async () => {
  const expected = [
    `role/${OTHER}/dev: is for account ${OTHER}, which only the live version accepts`,
    `sso/${OTHER}/view: is for account ${OTHER}, which only the live version accepts`,
    `account/${OTHER}: is for account ${OTHER}, which only the live version accepts`,
    `pattern/${OTHER}, arn:aws:iam::*:role/*: is for account ${OTHER}, which only the live version accepts`,
    `pattern/any, arn:aws:iam::${OTHER}:role/ci-*: is for account ${OTHER}, which only the live version accepts`,
    ADVICE,
  ];
  const stored = { ...OF_OTHER, [`role/${HOME}/dev`]: roleOf(HOME), "settings/test": "{}" };
  for (const live of [ANY, { accounts: [HOME, OTHER] }, "no accounts"] as const) {
    assert.deepEqual(await check(live, OWN, stored), {
      status: "Failed",
      problems: expected,
      warnings: [],
    });
  }
});

test("accounts that the new version accepts pass", async () => {
  for (const [live, next] of [
    [ANY, ANY],
    [OWN, OWN],
    [OWN, ANY],
    [OWN, { accounts: [HOME, OTHER] }],
    [{ accounts: [THIRD, HOME] }, OWN],
    [{ accounts: [OTHER] }, { accounts: [THIRD, OTHER] }],
  ] as const) {
    assert.deepEqual(await check(live, next, OF_OTHER), PASSED, JSON.stringify([live, next]));
  }
});

test("only mappings that apply to a login count", async () => {
  const stored = {
    [`role/${OTHER}/dev`]: { ...roleOf(OTHER), ...ENDED },
    [`user/${OTHER}/x`]: "{",
    [`pattern/${OTHER}`]: [
      { arnLike: `arn:aws:iam::${OTHER}:role/*`, username: "x", ...ENDED },
      { username: "no pattern" },
    ],
    [`deny/${OTHER}`]: [{ arnLike: `arn:aws:iam::${OTHER}:user/x` }],
    callers: [{ name: "a", arn: `arn:aws:iam::${OTHER}:role/control-plane` }],
    [`settings/${OTHER}`]: "{}",
    [`cluster/${OTHER}`]: "{}",
  };
  assert.deepEqual(await check(ANY, OWN, stored), PASSED);
});

test("a pattern that can match an account that only the live version accepts is a warning", async () => {
  const patterns = (...accounts: string[]) => ({
    "pattern/any": accounts.map((account) => ({
      arnLike: `arn:aws:iam::${account}:role/x`,
      username: "x",
    })),
  });
  const warned = (account: string) =>
    `pattern/any, arn:aws:iam::${account}:role/x: can match accounts that only the live version accepts`;
  const passed = { status: "Succeeded", problems: [] };
  const wide = patterns("*", "4444*", "9*");
  assert.deepEqual(await check(ANY, OWN, wide), {
    ...passed,
    warnings: [...["*", "4444*", "9*"].map(warned), ADVICE],
  });
  const listed = { accounts: [HOME, OTHER] };
  assert.deepEqual(await check(listed, OWN, wide), {
    ...passed,
    warnings: [...["*", "4444*"].map(warned), ADVICE],
  });
  assert.deepEqual(await check(listed, listed, wide), PASSED);
});

test("without the comparison of stored values, no version is asked for its accounts", async () => {
  assert.deepEqual(
    await check("failing", "failing", OF_OTHER, { compareStoredValues: false }),
    PASSED,
  );
});

test("a new version that does not report its accounts fails", async () => {
  const silent = await check(ANY, "no accounts", OF_OTHER);
  assert.match(
    silent.problems.join(),
    /^the comparison of stored values: Error: the new version does not report which/,
  );
  const failed = await check("failing", ANY, OF_OTHER);
  assert.match(
    failed.problems.join(),
    /^[^;]*the live version does not report how it reads stored values \(failed/,
  );
});
