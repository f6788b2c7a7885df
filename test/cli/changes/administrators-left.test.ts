// The lockout guard when a mapping is removed or gets an end: another mapping must surely grant administrator access.

import { A, ADMIN, type Case, judge, role, SET, SET_ROLE } from "./guard.ts";

const CASES: Case[] = [
  {
    what: "removes an administrator and leaves a pattern that never matches",
    cluster: { ...SET, [`pattern/${A}`]: [{ arnLike: "arn:aws:iam::444455556666:role/Admin", ...ADMIN }] },
    words: ["remove", `sso/${A}/ClusterAdmin`],
    refused: /does not apply: no principal can match it\n/,
  },
  {
    what: "removes an administrator and leaves a pattern for some suffixes of a permission set's role",
    cluster: { ...SET, [`pattern/${A}`]: [{ arnLike: role("AWSReservedSSO_Ops_0*"), ...ADMIN }] },
    words: ["remove", `sso/${A}/ClusterAdmin`],
    refused: /pattern\/111122223333 \S+Ops_0\* may not apply: it does not match every possible role\n/,
  },
  {
    what: "removes an administrator and leaves a pattern for all suffixes of a permission set's role",
    cluster: { ...SET, [`pattern/${A}`]: [{ arnLike: role("AWSReservedSSO_Ops_*"), ...ADMIN }] },
    words: ["remove", `sso/${A}/ClusterAdmin`],
  },
  {
    what: "removes an administrator and leaves one of another partition",
    cluster: { ...SET, [`role/${A}/admin`]: { arn: `arn:aws-cn:iam::${A}:role/Admin`, ...ADMIN } },
    words: ["remove", `sso/${A}/ClusterAdmin`],
    refused: /role\/111122223333\/admin does not apply: no principal can match it\n/,
  },
  {
    what: "removes an administrator and leaves an expired one",
    cluster: { ...SET, [`role/${A}/a`]: { arn: role("A"), ...ADMIN, notAfter: "2020-01-01T00:00:00Z" } },
    words: ["remove", `sso/${A}/ClusterAdmin`],
    refused: /role\/111122223333\/a does not apply: ended on 2020-01-01T00:00:00Z\n/,
  },
  {
    what: "removes an administrator and leaves an invalid mapping",
    cluster: { ...SET, [`role/${A}/a`]: { arn: role("A"), ...ADMIN, extra: 1 } },
    words: ["remove", `sso/${A}/ClusterAdmin`],
    refused: /would end immediately\.\nIf there is another way/,
  },
  {
    what: "removes an administrator and leaves a username without a value",
    cluster: {
      ...SET,
      [`user/${A}/a`]: { arn: `arn:aws:iam::${A}:user/a`, ...ADMIN, username: "{SessionName}" },
    },
    words: ["remove", `sso/${A}/ClusterAdmin`],
    refused: /user\/111122223333\/a does not apply: denied, placeholder_without_value\n/,
  },
  {
    what: "removes an administrator and leaves a user whose path may be denied",
    cluster: {
      ...SET,
      [`user/${A}/alice`]: { arn: `arn:aws:iam::${A}:user/alice`, ...ADMIN },
      [`deny/${A}`]: [{ arnLike: `arn:aws:iam::${A}:user/ops/*` }],
    },
    words: ["remove", `sso/${A}/ClusterAdmin`],
    refused: /user\/111122223333\/alice may not apply: may be denied by \S+user\/ops\/\*\n/,
  },
  {
    what: "removes an administrator and leaves an account mapping",
    cluster: { ...SET, "account/444455556666": ADMIN },
    words: ["remove", `sso/${A}/ClusterAdmin`],
  },
  {
    what: "moves the end of the last administrator forward",
    cluster: { [`role/${A}/a`]: { arn: role("A"), ...ADMIN, notAfter: "2100-01-01T00:00:00Z" } },
    words: ["set", role("A"), "--not-after", "2099-01-01T00:00:00Z"],
    refused: /would end on 2099-01-01T00:00:00\.000Z\.\n/,
  },
  {
    what: "moves the end of the last administrator back",
    cluster: { [`role/${A}/a`]: { arn: role("A"), ...ADMIN, notAfter: "2100-01-01T00:00:00Z" } },
    words: ["set", role("A"), "--not-after", "2101-01-01T00:00:00Z"],
  },
  {
    what: "removes an administrator who may be the last",
    cluster: { ...SET, [`role/${A}/${SET_ROLE.toLowerCase()}`]: { arn: role(SET_ROLE), username: "viewer" } },
    words: ["remove", `sso/${A}/ClusterAdmin`],
    refused: /^Refused: the last mapping that may grant administrator access would end immediately\.\n/,
  },
  {
    what: "denies another role when no administrator is sure",
    cluster: { ...SET, [`role/${A}/${SET_ROLE.toLowerCase()}`]: { arn: role(SET_ROLE), username: "viewer" } },
    words: ["deny", role("Mallory")],
  },
  { what: "denies an account without administrators", cluster: {}, words: ["deny", `account/${A}`] },
];
judge(CASES);
