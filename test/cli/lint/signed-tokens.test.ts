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
const NOW = Date.UTC(2026, 10, 26);
const CONTEXT: EvaluationContext = { prefix: PREFIX, partition: "aws", now: NOW, reservedPrefixes: [] };

function stored(values: Record<string, unknown>): Map<string, StoredParameter> {
  const parameter = (value: unknown) => ({ value: JSON.stringify(value), secure: false });
  return new Map(Object.entries(values).map(([name, value]) => [`${PREFIX}/${name}`, parameter(value)]));
}

async function findings(values: Record<string, unknown>, signedTokens?: "beside" | "only") {
  const all = await lint(stored(values), { ...CONTEXT, ...(signedTokens && { signedTokens }) });
  return all.filter(({ rule }) => rule === "no-signed-token" || rule === "chosen-claim");
}

test("a username with a tag or a source identity says who can choose the value", async () => {
  for (const [username, message] of [
    ["t:{PrincipalTag:team}", /anyone who may tag the principal, and anyone who may assume the .* sts:TagSession$/],
    ["s:{SourceIdentity}", /: anyone who may assume the role .* restricts sts:SetSourceIdentity$/],
    ["a:{SourceIdentity}:{PrincipalTag:x}", /sts:TagSession and sts:SetSourceIdentity$/],
  ] as const) {
    const [found] = await findings({ [ROLE]: { arn: ARN, username } });
    assert.equal(found?.level, "warning");
    assert.match(found.message, message);
  }
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
    const places = found.map((one) => one.where).toSorted();
    assert.deepEqual(
      places,
      [ROLE, `deny/${HOME}`, `role/${HOME}/pinned`, `root/${HOME}`, `sso-session/${HOME}/view`].toSorted(),
    );
    assert.ok(found.every((one) => one.level === level));
  }
});
