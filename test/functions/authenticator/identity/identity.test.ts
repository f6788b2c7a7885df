// Identities of roles, users, federated users and root, their canonical ARNs, and impossible
// identities. How long a proof is cached, within which bounds, and only for this token.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { verifyIdentity } from "../../../../functions/authenticator/identity/identity.ts";
import {
  cachedProofs,
  tokenHash,
} from "../../../../functions/authenticator/identity/identity-cache.ts";
import type { Proof } from "../../../../functions/authenticator/identity/prove-identity.ts";
import { denial, fault, httpError } from "../../../../functions/errors.ts";
import { randomRuns } from "../../../extent.ts";
import { deadlineOf, fixedClock, HOME, NOW, OTHER, verified } from "../fixtures.ts";

const KEY = "ASIALOCALAAAAAAAAAAA";
const PARTITIONS = [
  "aws",
  "aws-cn",
  "aws-eusc",
  "aws-iso",
  "aws-iso-b",
  "aws-iso-e",
  "aws-iso-f",
  "aws-us-gov",
];

function verify(Arn: string, UserId: string, partition = "aws", Account = HOME) {
  return verifyIdentity({ Account, Arn, UserId }, partition, KEY);
}

function impossible(...answer: Parameters<typeof verify>): void {
  assert.throws(() => verify(...answer), { code: "identity_impossible" }, answer.join(" "));
}

// biome-ignore format: a table
const ROWS = [
  [
    "an assumed role has its role's ARN, and its user id splits into principal and session",
    `sts::${HOME}:assumed-role/Developers/bob@example.com`,
    "AROAX:bob@example.com",
    {
      ...{ kind: "role", name: "Developers", principalId: "AROAX", sessionName: "bob@example.com" },
      canonicalArn: `arn:aws:iam::${HOME}:role/Developers`,
    },
  ],
  ["a user has its path only in its ARN", `iam::${HOME}:user/team/a/Bob`, "AIDAX", { kind: "user", name: "Bob" }],
  ["root has its ARN and no name", `iam::${HOME}:root`, HOME, { kind: "root", name: "" }],
  ["a federated user has its ARN and its complete user id", `sts::${HOME}:federated-user/Dave`, `${HOME}:Dave`, { kind: "federated-user", name: "Dave" }],
] as const;
for (const [title, end, userId, identity] of ROWS) {
  test(title, () => {
    const arn = `arn:aws:${end}`;
    const where = { partition: "aws", accountId: HOME, arn, canonicalArn: arn, accessKeyId: KEY };
    assert.deepEqual(verify(arn, userId), {
      ...where,
      principalId: userId,
      sessionName: undefined,
      ...identity,
    });
    impossible(arn, userId.replace(HOME, OTHER), "aws", OTHER);
    impossible(arn, userId, "aws", "");
  });
}

test("an ARN of each partition is an identity only there", () => {
  for (const partition of PARTITIONS) {
    const arn = `arn:${partition}:sts::${HOME}:assumed-role/R/s`;
    assert.equal(
      verify(arn, "AROAX:s", partition).canonicalArn,
      `arn:${partition}:iam::${HOME}:role/R`,
    );
    for (const own of PARTITIONS.filter((other) => other !== partition))
      impossible(arn, "AROAX:s", own);
  }
});

/** By the end of an ARN: user ids of another session, or of another kind of identity. */
const IDS: Readonly<Record<string, readonly string[]>> = {
  [`sts::${HOME}:assumed-role/R/alice`]: [
    ...[
      "AROAX:bob",
      "AROAX:Alice",
      "AROAX:",
      "AROAX",
      ":alice",
      "alice",
      "",
      "AROAX:x:alice",
      "AROAX:alice:alice",
    ],
    ...["AROAXalice", "AROAX/alice", "aroax:alice", "AROAX:alice ", " AROAX:alice", "AROAX::alice"],
  ],
  [`iam::${HOME}:user/bob`]: ["", "AIDA X", "AIDAX:s", "aidax", "AIDA\n"],
  [`iam::${HOME}:root`]: ["", OTHER, `${HOME}:x`, "AIDAX"],
  [`sts::${HOME}:federated-user/Dave`]: [
    "Dave",
    `${OTHER}:Dave`,
    `${HOME}:dave`,
    `${HOME}:Dave:x`,
    "AIDAX",
    "",
  ],
};

test("a user id of another session or of another kind is impossible", () => {
  for (const [end, ids] of Object.entries(IDS))
    for (const id of ids) impossible(`arn:aws:${end}`, id);
});

test("the message of an impossible identity names the rule", () => {
  const user = `arn:aws:iam::${HOME}:user/bob`;
  const instance = `arn:aws:sts::${HOME}:assumed-role/aws:ec2-instance/i-0123456789abcdef0`;
  const messages: [answer: Parameters<typeof verify>, message: string][] = [
    [["arn:aws:s3:::x", "AIDAX"], "STS returned an ARN that is not an ARN of IAM or STS"],
    [[user, "AIDAX", "aws-cn"], `${user} is in partition aws, this authenticator in aws-cn`],
    [[user, "AIDAX", "aws", OTHER], `${user} is not in the account that STS returned`],
    [[user, "AROAX:s"], `${user} and its UserId do not match a known kind of identity`],
    [
      [instance, `${HOME}:aws:ec2-instance:i-0123456789abcdef0`],
      `${instance} is an EC2 instance identity role, which every instance of the account has: use the role of the instance profile`,
    ],
  ];
  for (const [answer, message] of messages) {
    assert.throws(() => verify(...answer), { code: "identity_impossible", message });
  }
});

test("an EC2 instance identity role is not an identity", () => {
  const session = fc.oneof(
    fc.stringMatching(/^i-[0-9a-f]{8,17}$/),
    fc.stringMatching(/^[\w.@-]{1,20}$/),
  );
  const start = fc.constantFrom(HOME, OTHER, "AROAX", "AIDAX", `${HOME}:aws:ec2-instance`, "");
  const partition = fc.constantFrom(...PARTITIONS);
  const role = fc.oneof(
    { weight: 3, arbitrary: fc.constant("aws:ec2-instance") },
    fc.stringMatching(/^[\w+=,.@-]{0,12}:[\w+=,.@-]{0,12}$/),
  );
  fc.assert(
    fc.property(session, start, partition, role, (i, id, aws, name) => {
      const arn = `arn:${aws}:sts::${HOME}:assumed-role/${name}/${i}`;
      for (const userId of [`${id}:${i}`, `${HOME}:${name}:${i}`, i, id])
        impossible(arn, userId, aws);
    }),
    { numRuns: randomRuns(10_000) },
  );
});

test("an ARN of an unknown kind is impossible", () => {
  const iam = [
    "role/R",
    "group/G",
    "user/",
    "user",
    "root/x",
    "assumed-role/R/s",
    "federated-user/d",
  ];
  const inSts = [
    ...[
      "user/bob",
      "root",
      "self",
      "assumed-role/R",
      "assumed-role//s",
      "assumed-role/R/",
      "assumed-role/path/R/s",
    ],
    ...["assumed-role/R/a b", "assumed-role/R:x/s", `assumed-role/${"R".repeat(129)}/s`],
    "assumed-role/{SessionName}/s",
  ];
  const user = `arn:aws:iam::${HOME}:user`;
  for (const arn of [
    ...iam.map((resource) => `arn:aws:iam::${HOME}:${resource}`),
    ...inSts.map((resource) => `arn:aws:sts::${HOME}:${resource}`),
    ...[
      `arn:aws:sts:us-east-1:${HOME}:assumed-role/R/s`,
      `arn:aws:ec2::${HOME}:user/bob`,
      "arn:aws:iam::1:user/bob",
    ],
    ...[
      "",
      "arn",
      "arn:aws",
      `ARN:aws:iam::${HOME}:user/bob`,
      ` ${user}/bob`,
      `${user}/bob\n`,
      `${user}/b\u00f6b`,
    ],
  ]) {
    for (const userId of ["AROAX:s", "AIDAX", HOME, `${HOME}:undefined`]) impossible(arn, userId);
  }
});

const GRANTED: Proof = { result: verified("bob"), stsRequestId: "r" };
const REFUSED: Proof = { result: denial("sts_refused", "no"), stsRequestId: "r" };
const MINUTE = 60_000;

/** Returns `proofs` in order, the last one forever. An error is thrown. */
function cacheOf(...proofs: (Proof | Error)[]) {
  const clock = fixedClock();
  const count = { calls: 0 };
  const remembered = cachedProofs(
    async () => {
      const proof = proofs[Math.min(count.calls, proofs.length - 1)] ?? GRANTED;
      count.calls += 1;
      if (proof instanceof Error) throw proof;
      return proof;
    },
    "aws/test",
    clock,
  );
  /** Like a review. `cached` is whether the proof was recalled. */
  const ask = async (hash = "hash", expiresAt = NOW + 15 * MINUTE) => {
    const known = remembered.recall(hash);
    const token = { accessKeyId: "A", host: "h", target: "/", expiresAt };
    return {
      ...(known ?? (await remembered.prove(hash, token, deadlineOf(clock)))),
      cached: known !== undefined,
    };
  };
  return { clock, ask, count };
}

for (const [title, proofs, first, ms, expiresIn] of [
  ["a granted identity is cached for 60 s", [GRANTED], 0, MINUTE],
  ["a granted identity is never cached past the expiry of its token", [GRANTED], 0, 20_000, 20_000],
  ["a refused token is cached for 10 s", [REFUSED], 0, 10_000],
  [
    "a refused token is never cached past its expiry: it is then refused as expired",
    [REFUSED],
    0,
    5_000,
    5_000,
  ],
  [
    "a token that was granted and is refused later is refused for 10 s",
    [GRANTED, REFUSED],
    MINUTE,
    10_000,
  ],
  [
    "a token that was refused and is granted later is granted for 60 s",
    [REFUSED, GRANTED],
    10_000,
    MINUTE,
  ],
] as const) {
  test(`${title}, and not a millisecond longer`, async () => {
    const { clock, ask, count } = cacheOf(...proofs);
    const expiresAt = NOW + (expiresIn ?? 15 * MINUTE);
    if (first > 0) await ask("hash", expiresAt);
    clock.advance(first);
    const proof = proofs.at(-1);
    assert.deepEqual(await ask("hash", expiresAt), { ...proof, cached: false });
    clock.advance(ms - 1);
    assert.deepEqual(await ask("hash", expiresAt), { ...proof, cached: true });
    clock.advance(1);
    assert.deepEqual(await ask("hash", expiresAt), { ...proof, cached: false });
    assert.equal(count.calls, proofs.length + 1);
  });
}

test("throttling and faults are never cached", async () => {
  const errors = [
    httpError("sts_throttled", "slow"),
    fault("sts_unreachable", "gone"),
    new Error("bug"),
  ];
  const { ask, count } = cacheOf(...errors, GRANTED);
  for (const error of errors) await assert.rejects(ask(), error);
  assert.equal((await ask()).cached, false);
  assert.equal(count.calls, 4);
});

test("the cache is bounded, and bad tokens evict no good one", async () => {
  for (const [others, cached] of [
    [GRANTED, false],
    [REFUSED, true],
  ] as const) {
    const { ask } = cacheOf(GRANTED, others);
    await ask(tokenHash("k8s-aws-v1.a"));
    for (let i = 0; i < 4_000; i += 1)
      assert.equal((await ask(tokenHash(`k8s-aws-v1.${i}`))).cached, false);
    assert.equal((await ask(tokenHash("k8s-aws-v1.a"))).cached, cached);
  }
});
