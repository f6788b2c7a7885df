// Lint rules for AWS-signed tokens.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { EvaluationContext } from "../../../cli/function-settings.ts";
import { lint } from "../../../cli/lint/lint.ts";
import type { StoredParameter } from "../../../functions/parameters/stored-parameter.ts";

const PREFIX = "/iam-authenticator/prod";
const HOME = "111122223333";
const ARN = `arn:aws:iam::${HOME}:role/Developers`;
const ROLE = `role/${HOME}/developers`;
const SESSION = `arn:aws:sts::${HOME}:assumed-role/Developers/mallory`;
const CONTEXT: EvaluationContext = {
  prefix: PREFIX,
  partition: "aws",
  now: Date.UTC(2026, 10, 26),
  reservedPrefixes: [],
};

function stored(values: Record<string, unknown>): Map<string, StoredParameter> {
  return new Map(
    Object.entries(values).map(([name, value]) => [
      `${PREFIX}/${name}`,
      { value: JSON.stringify(value), secure: false },
    ]),
  );
}

async function findings(values: Record<string, unknown>, signedTokens?: "beside" | "only") {
  const all = await lint(stored(values), { ...CONTEXT, ...(signedTokens && { signedTokens }) });
  return all.filter(({ rule }) => rule === "no-signed-token" || rule === "chosen-claim");
}

test("a username with a tag or a source identity says who can choose the value", async () => {
  const [tag] = await findings({ [ROLE]: { arn: ARN, username: "t:{PrincipalTag:team}" } });
  assert.equal(tag?.level, "warning");
  assert.match(
    tag?.message ?? "",
    /anyone who may tag the principal, and anyone who may assume the role .* restricts sts:TagSession$/,
  );
  const [source] = await findings({ [ROLE]: { arn: ARN, username: "s:{SourceIdentity}" } });
  assert.match(source?.message ?? "", /: anyone who may assume the role .* restricts sts:SetSourceIdentity$/);
  const both = await findings({ [ROLE]: { arn: ARN, username: "a:{SourceIdentity}:{PrincipalTag:x}" } });
  assert.match(both[0]?.message ?? "", /sts:TagSession and sts:SetSourceIdentity$/);
  assert.deepEqual(await findings({ [ROLE]: { arn: ARN, username: "id-{IdentityStoreUserId}" } }), []);
});

test("what no AWS-signed token can use is reported only if the function accepts such tokens", async () => {
  const values = {
    [ROLE]: { arn: ARN, username: "dev:{SessionName}" },
    [`role/${HOME}/pinned`]: { arn: `arn:aws:iam::${HOME}:role/Pinned`, username: "p", principalId: "AROA1234567890" },
    [`role/${HOME}/plain`]: { arn: `arn:aws:iam::${HOME}:role/Plain`, username: "plain" },
    [`role/${HOME}/ended`]: {
      arn: `arn:aws:iam::${HOME}:role/Ended`,
      username: "{AccessKeyID}",
      notAfter: "2026-01-01T00:00:00Z",
    },
    [`root/${HOME}`]: { arn: `arn:aws:iam::${HOME}:root`, username: "root" },
    [`sso-session/${HOME}/view`]: [{ session: "ann@example.com", username: "ann" }],
    [`deny/${HOME}`]: [{ arnLike: SESSION }, { arnLike: `arn:aws:iam::${HOME}:role/Other` }],
  };
  assert.deepEqual(await findings(values), []);
  for (const [signedTokens, level] of [
    ["beside", "info"],
    ["only", "warning"],
  ] as const) {
    const found = await findings(values, signedTokens);
    assert.deepEqual(
      found.map((one) => one.where).toSorted(),
      [ROLE, `deny/${HOME}`, `role/${HOME}/pinned`, `root/${HOME}`, `sso-session/${HOME}/view`].toSorted(),
    );
    assert.ok(found.every((one) => one.level === level));
  }
});
