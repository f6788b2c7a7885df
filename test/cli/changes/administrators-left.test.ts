// The guard of the last administrator: what a removal or an end leaves has to reach somebody, and surely.

import { A, ADMIN, type Case, judge, role, SET, SET_ROLE } from "./guard.ts";

const CASES: Case[] = [
  {
    what: "the removal of one where the other is a pattern that nobody can match",
    cluster: { ...SET, [`pattern/${A}`]: [{ arnLike: "arn:aws:iam::444455556666:role/Admin", ...ADMIN }] },
    words: ["remove", `sso/${A}/ClusterAdmin`],
    refused: /does not count: no principal can match it\n/,
  },
  {
    what: "the removal of one where the other is a pattern for some suffixes of a permission set's role",
    cluster: { ...SET, [`pattern/${A}`]: [{ arnLike: role("AWSReservedSSO_Ops_0*"), ...ADMIN }] },
    words: ["remove", `sso/${A}/ClusterAdmin`],
    refused: /pattern\/111122223333 \S+Ops_0\* may not count: not for every role that it may be for\n/,
  },
  {
    what: "the removal of one where the other is a pattern for all of them",
    cluster: { ...SET, [`pattern/${A}`]: [{ arnLike: role("AWSReservedSSO_Ops_*"), ...ADMIN }] },
    words: ["remove", `sso/${A}/ClusterAdmin`],
  },
  {
    what: "the removal of one where the other is of another partition",
    cluster: { ...SET, [`role/${A}/admin`]: { arn: `arn:aws-cn:iam::${A}:role/Admin`, ...ADMIN } },
    words: ["remove", `sso/${A}/ClusterAdmin`],
    refused: /role\/111122223333\/admin does not count: no principal can match it\n/,
  },
  {
    what: "the removal of one where the other has ended",
    cluster: { ...SET, [`role/${A}/a`]: { arn: role("A"), ...ADMIN, notAfter: "2020-01-01T00:00:00Z" } },
    words: ["remove", `sso/${A}/ClusterAdmin`],
    refused: /role\/111122223333\/a does not count: ended on 2020-01-01T00:00:00Z\n/,
  },
  {
    what: "the removal of one where the other is invalid",
    cluster: { ...SET, [`role/${A}/a`]: { arn: role("A"), ...ADMIN, extra: 1 } },
    words: ["remove", `sso/${A}/ClusterAdmin`],
    refused: /would end at once\.\nIf there is another way/,
  },
  {
    what: "the removal of one where the other's name has no value",
    cluster: {
      ...SET,
      [`user/${A}/a`]: { arn: `arn:aws:iam::${A}:user/a`, ...ADMIN, username: "{SessionName}" },
    },
    words: ["remove", `sso/${A}/ClusterAdmin`],
    refused: /user\/111122223333\/a does not count: refused, placeholder_without_value\n/,
  },
  {
    what: "the removal of one where a user's path may be denied",
    cluster: {
      ...SET,
      [`user/${A}/alice`]: { arn: `arn:aws:iam::${A}:user/alice`, ...ADMIN },
      [`deny/${A}`]: [{ arnLike: `arn:aws:iam::${A}:user/ops/*` }],
    },
    words: ["remove", `sso/${A}/ClusterAdmin`],
    refused: /user\/111122223333\/alice may not count: perhaps denied by \S+user\/ops\/\*\n/,
  },
  {
    what: "the removal of one where the other is an account's",
    cluster: { ...SET, "account/444455556666": ADMIN },
    words: ["remove", `sso/${A}/ClusterAdmin`],
  },
  {
    what: "an earlier end of the last one",
    cluster: { [`role/${A}/a`]: { arn: role("A"), ...ADMIN, notAfter: "2100-01-01T00:00:00Z" } },
    words: ["set", role("A"), "--not-after", "2099-01-01T00:00:00Z"],
    refused: /would end on 2099-01-01T00:00:00\.000Z\.\n/,
  },
  {
    what: "a later end of the last one",
    cluster: { [`role/${A}/a`]: { arn: role("A"), ...ADMIN, notAfter: "2100-01-01T00:00:00Z" } },
    words: ["set", role("A"), "--not-after", "2101-01-01T00:00:00Z"],
  },
  {
    what: "the removal of one that may have been the last",
    cluster: { ...SET, [`role/${A}/${SET_ROLE.toLowerCase()}`]: { arn: role(SET_ROLE), username: "viewer" } },
    words: ["remove", `sso/${A}/ClusterAdmin`],
    refused: /^Refused: the last mapping that may give administrator rights would end at once\.\n/,
  },
  {
    what: "anything else where it is not sure who administers",
    cluster: { ...SET, [`role/${A}/${SET_ROLE.toLowerCase()}`]: { arn: role(SET_ROLE), username: "viewer" } },
    words: ["deny", role("Mallory")],
  },
  { what: "a deny where nobody administers", cluster: {}, words: ["deny", `account/${A}`] },
];
judge(CASES);
