// Groups that a value completes to an administrators' group: each such template is marked as an
// administrator, none counts as the administrator that remains, and a claim is refused there.

import assert from "node:assert/strict";
import { test } from "node:test";
import { hasAdministrator } from "../../../../cli/model/access/administrators.ts";
import { marksOf } from "../../../../cli/model/access/phases.ts";
import { storedText } from "../../../../cli/model/access/state.ts";
import type { VerifiedIdentity } from "../../../../functions/authenticator/identity/identity.ts";
import { ADMIN_GROUPS } from "../../../../functions/authenticator/mapping/admin-groups.ts";
import { checkMapping, type Mapping } from "../../../../functions/authenticator/mapping/mapping.ts";
import { renderUser } from "../../../../functions/authenticator/user/user.ts";
import { isDenial } from "../../../../functions/errors.ts";
import { CONTEXT } from "./any-plan.ts";
import { UNIVERSE } from "./universe.ts";

const ARN = "arn:aws:iam::111122223333:role/ci";
const NAME = `${CONTEXT.prefix}/role/111122223333/ci`;

const ofRole = UNIVERSE.find(({ canonicalArn, claims }) => canonicalArn === ARN && !claims);
const signed = UNIVERSE.find(({ canonicalArn, claims }) => canonicalArn === ARN && claims);

/** The identities whose placeholder has the value. */
const WITH_VALUE: Readonly<Record<string, (value: string) => VerifiedIdentity>> = {
  "{SessionName}": (sessionName) => ({ ...(ofRole ?? assert.fail()), sessionName }),
  "{SessionNameRaw}": (sessionName) => ({ ...(ofRole ?? assert.fail()), sessionName }),
  "{PrincipalTag:team}": (team) => {
    const claims = { identityStoreUserId: undefined, sourceIdentity: undefined };
    return { ...(signed ?? assert.fail()), claims: { ...claims, principalTags: { team } } };
  },
};

async function groupsOf(mapping: Mapping, identity: VerifiedIdentity): Promise<readonly string[]> {
  try {
    const selected = { mapping, parameter: NAME, tried: "" };
    return (await renderUser(selected, identity, [], () => assert.fail())).groups;
  } catch (error) {
    assert.ok(isDenial(error));
    return [];
  }
}

/** Every way to leave out a part of an administrators' group, which a value then completes. */
const TEMPLATES = ADMIN_GROUPS.flatMap((group) =>
  Object.keys(WITH_VALUE).flatMap((placeholder) =>
    Array.from({ length: group.length }, (_, start) =>
      Array.from({ length: group.length - start }, (_, length) => {
        const end = start + length + 1;
        const template = `${group.slice(0, start)}${placeholder}${group.slice(end)}`;
        return { group, placeholder, template, value: group.slice(start, end) };
      }),
    ).flat(),
  ),
);

test("a mapping with such a group is marked, and is no administrator that remains", async () => {
  const counts = { completed: 0, invalid: 0, never: 0 };
  for (const { group, placeholder, template, value } of TEMPLATES) {
    const mapping = { arn: ARN, username: "u", groups: ["g", template] };
    const text = JSON.stringify(mapping);
    const isClaim = placeholder.startsWith("{Principal");
    // STS and the function accept no other values, and no value has a colon.
    const isPossible = !value.includes(":");
    if (!checkMapping(mapping, "role").valid) {
      counts.invalid += 1;
      assert.ok(isClaim, template);
      continue;
    }
    const found = isPossible
      ? await groupsOf(mapping, WITH_VALUE[placeholder]?.(value) ?? assert.fail())
      : [];
    if (!found.includes(group)) {
      counts.never += 1;
      assert.ok(!isPossible, template);
    } else {
      counts.completed += 1;
      assert.ok(!isClaim, template);
      const marks = marksOf([{ name: NAME, value: text }], new Map(), CONTEXT);
      assert.deepEqual(
        marks.map(({ kind }) => kind),
        ["administrator"],
        template,
      );
      assert.match(marks[0]?.text ?? "", /may make an administrator$/);
    }
    const stored = storedText(text) ?? assert.fail();
    for (const signedTokens of [undefined, "beside", "only"] as const)
      assert.equal(
        hasAdministrator(new Map([[NAME, stored]]), { ...CONTEXT, signedTokens }),
        false,
        template,
      );
  }
  assert.ok(counts.completed > 200 && counts.invalid > 500, JSON.stringify(counts));
});

test("beside an administrators' group, such a group changes neither the mark nor who remains", () => {
  const mapping = { arn: ARN, username: "u", groups: ["access:{SessionName}", "system:masters"] };
  const value = JSON.stringify(mapping);
  const [mark] = marksOf([{ name: NAME, value }], new Map(), CONTEXT);
  assert.match(
    mark?.text ?? "",
    /: access:\{SessionName\}, system:masters makes an administrator$/,
  );
  const stored = new Map([[NAME, storedText(value) ?? assert.fail()]]);
  assert.equal(hasAdministrator(stored, CONTEXT), true);
});
