// What operators do every day: which changes are marked, and whether a mark was needed.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ENDS } from "./any-plan.ts";
import { prove } from "./prove.ts";
import { arn } from "./store.ts";
import { A, B, PINS, SET_ROLES } from "./universe.ts";

const sts = (resource: string) => `arn:aws:sts::${A}:${resource}`;
const [ROLE, USER, FRED, ROOT] = [
  `role/${A}/ci`,
  `user/${A}/alice`,
  `federated-user/${A}/fred`,
  `root/${A}`,
];
const [SET, SESSIONS, PATTERN, DENY] = [
  `sso/${A}/view`,
  `sso-session/${A}/view`,
  `pattern/${A}`,
  `deny/${A}`,
];
const names = (username: string, ...groups: string[]) => ({ username, groups });
const [july, august] = [{ notAfter: ENDS.july }, { notAfter: ENDS.august }];
const ci = (more: object = {}) => ({
  [ROLE]: { arn: arn("role/ci"), ...names("ci", "deployers"), ...more },
});
const alice = (more = {}) => ({
  [USER]: { arn: arn("user/ops/alice"), ...names("alice", "viewers"), ...more },
});
const fred = { [FRED]: { arn: sts("federated-user/fred"), ...names("fred", "viewers") } };
const set = (more: object = {}) => ({
  [SET]: { ...names("dev:{SessionName}", "developers"), ...more },
});
const session = (name: string, more: object = {}) => ({
  ...{ session: name, ...names("dev:{SessionName}", "developers", "on-call") },
  ...more,
});
const sessions = (...entries: object[]) => ({ [SESSIONS]: entries });
const patterns = (...all: readonly (readonly [resource: string, more?: object])[]) => ({
  [PATTERN]: all.map(([resource, more]) => ({
    arnLike: arn(resource),
    ...names("p", "readers"),
    ...more,
  })),
});
const denied = (...all: readonly (readonly [arn: string, more?: object])[]) => ({
  [DENY]: all.map(([arnLike, more]) => ({ arnLike, ...more })),
});
const team = (more: object = {}) => ({
  [`account/${B}`]: { ...names("team-b:{SessionName}", "team-b"), ...more },
});
const ofAccount = { [`account/${A}`]: names("staff", "viewers") };
const [roles, ofCi, jane] = [
  patterns(["role/*"]),
  patterns(["role/ci-*"], ["user/ops/*"]),
  sts("assumed-role/*/jane"),
];
const mallory = [sts("assumed-role/*/mallory")] as const;
const masters = names("admin", "system:masters");
const none = (...shorts: string[]) => Object.fromEntries(shorts.map((short) => [short, undefined]));
/** As `mappings import` writes an aws-auth ConfigMap: one administrator, three roles of nodes. */
const imported = Object.fromEntries(
  Array.from({ length: 50 }, (_, index) => {
    const node = {
      username: "system:node:{EC2PrivateDNSName}",
      groups: ["system:bootstrappers", "system:nodes"],
    };
    const given =
      index === 0
        ? masters
        : index < 4
          ? node
          : names(index % 2 ? `u${index}` : "x:{SessionName}", "viewers");
    const [kind, name] = [index % 5 === 4 ? "user" : "role", index === 0 ? "ci" : `x${index}`];
    return [`${kind}/${A}/${name}`, { arn: arn(`${kind}/${name}`), ...given }];
  }),
);
/** Besides what a journey begins with. */
const STORE = {
  [`sso/${A}/admin`]: names("admin:{SessionName}", "access:cluster-admin"),
  [`role/${A}/node`]: {
    arn: arn("role/node"),
    ...names("system:node:{EC2PrivateDNSName}", "system:nodes"),
  },
};

/**
 * Behind a kind is how many marks of it the plan has. `needless`: no identity gets anything that
 * they name.
 */
// biome-ignore format: a table
const JOURNEYS: readonly (readonly [what: string, before: object, change: object, marks: string])[] = [
  ["map a role", {}, ci(), ""],
  ["map a role of an account with a broad mapping", ofAccount, ci(), ""],
  ["add a group", ci(), ci(names("ci", "deployers", "viewers")), ""],
  ["remove a group", ci(), ci(names("ci")), ""],
  ["another username", ci(), ci(names("deploy", "deployers")), ""],
  ["name the session", ci(), ci(names("ci:{SessionName}", "deployers")), ""],
  ["describe a mapping", ci(), ci({ description: "deploys" }), ""],
  ["end a mapping", ci(), ci(july), ""],
  ["end it later", ci(july), ci(august), ""],
  ["end it never", ci(july), ci(), "1 end"],
  ["pin a role", ci(), ci({ principalId: PINS.role }), ""],
  ["pin the role that replaced it", ci({ principalId: "AROAOLD" }), ci({ principalId: PINS.role }), "1 pin"],
  ["remove the pin", ci({ principalId: PINS.role }), ci(), "1 pin"],
  ["remove a role", { ...ci(), ...ofCi }, none(ROLE), ""],
  ["remove a role below a pattern", { ...ci(), ...roles }, none(ROLE), "1 broader"],
  ["rename the username and restore it", ci(names("deploy")), ci(), ""],
  ["map a permission set", {}, set(), ""],
  ["add a group to a set", set(), set(names("dev:{SessionName}", "developers", "viewers")), ""],
  ["add a group to a set with mapped sessions", { ...set(), ...sessions(session("jane")) }, set(names("dev:{SessionName}", "g")), ""],
  ["remove a group from a set", set(names("u", "g", "h")), set(names("u", "g")), ""],
  ["an access level for a set", set(), set(names("dev:{SessionName}", "access:view")), ""],
  ["a set of administrators", set(), set(names("dev:{SessionName}", "access:cluster-admin")), "1 administrator"],
  ["remove a set", set(), none(SET), ""],
  ["remove a set of a broadly mapped account", { ...set(), ...ofAccount }, none(SET), "1 broader"],
  ["on call for two hours", set(), sessions(session("jane", july)), ""],
  ["a second person on call", { ...set(), ...sessions(session("jane")) }, sessions(session("jane"), session("joe", july)), ""],
  ["two hours more", { ...set(), ...sessions(session("jane", july)) }, sessions(session("jane", august)), ""],
  ["no longer on call", { ...set(), ...sessions(session("jane")) }, sessions(), "1 broader, needless"],
  ["less for one administrator", set(masters), sessions(session("jane", names("u", "viewers"))), ""],
  ["and as before", { ...set(masters), ...sessions(session("jane", names("u", "viewers"))) }, sessions(), "1 broader"],
  ["one person becomes an administrator", set(), sessions(session("jane", masters)), "1 administrator"],
  ["one role of a set", set(), { [`role/${A}/${SET_ROLES[0]?.toLowerCase()}`]: { arn: arn(`role/${SET_ROLES[0]}`), ...names("u", "g") } }, ""],
  ["map a user", {}, alice(), ""],
  ["a group for a user", alice(), alice(names("alice", "viewers", "editors")), ""],
  ["a user's path changed", alice(), alice({ arn: arn("user/alice") }), ""],
  ["a user for emergencies", alice(), alice({ ...masters, ...july }), "1 administrator"],
  ["remove a user", alice(), none(USER), ""],
  ["map a federated user", {}, fred, ""],
  ["remove a federated user", fred, none(FRED), ""],
  ["map root", {}, { [ROOT]: { arn: arn("root"), ...names("root", "viewers") } }, ""],
  ["nodes", {}, ci(names("system:node:{EC2PrivateDNSName}", "system:bootstrappers", "system:nodes")), "1 name"],
  ["a claim as username", {}, ci(names("t:{PrincipalTag:team}", "viewers")), "1 name"],
  ["deny a person", { ...set(), ...ci() }, denied([jane]), ""],
  ["deny a role", ci(), denied([arn("role/ci")]), ""],
  ["deny a user beside another denial", { ...alice(), ...denied(mallory) }, denied(mallory, [arn("user/alice")]), ""],
  ["deny an account", team(), { "deny/any": [{ arnLike: `arn:aws:iam::${B}:*` }] }, ""],
  ["deny for longer", { ...ci(), ...denied([arn("role/ci"), july]) }, denied([arn("role/ci"), august]), ""],
  ["deny for less time", { ...ci(), ...denied([arn("role/ci"), august]) }, denied([arn("role/ci"), july]), "1 denial"],
  ["allow a person", { ...set(), ...denied(mallory, [jane]) }, denied(mallory), "1 denial"],
  ["allow whom nothing maps", { ...ci(), ...denied([arn("user/alice")]) }, denied(), "1 denial, needless"],
  ["a group for a denied role", { ...ci(), ...denied([arn("role/ci")]) }, ci(names("ci", "g")), "1 denied, needless"],
  ["a group for a role with a denied session", { ...ci(), ...denied([jane]) }, ci(names("ci", "deployers", "viewers")), ""],
  ["map a team's account", {}, team(), "1 wide"],
  ["a group for the account", team(), team(names("team-b:{SessionName}", "team-b", "viewers")), "1 wide"],
  ["remove the account", team(), none(`account/${B}`), ""],
  ["a pattern", {}, roles, "1 wide"],
  ["one more pattern", ofCi, patterns(["role/ci-*"], ["user/ops/*"], ["role/c*"]), "1 wide"],
  ["remove a pattern", ofCi, patterns(["user/ops/*"]), ""],
  ["describe a pattern", roles, patterns(["role/*", { description: "d" }]), ""],
  ["sort patterns that do not overlap", ofCi, patterns(["user/ops/*"], ["role/ci-*"]), ""],
  ["sort those that do", patterns(["role/c*"], ["role/*", masters]), patterns(["role/*", masters], ["role/c*"]), "1 place"],
  ["a team moves from its role to a set", ci(), { ...none(ROLE), ...set() }, ""],
  ["a team moves from its role to a pattern", ci(), { ...none(ROLE), ...roles }, "1 broader, 1 wide"],
  ["apply a file with five changes", { ...ci(), ...alice(), ...set() }, { ...ci(names("c", "g")), ...alice(names("a")), ...set(names("u")), ...fred, ...sessions(session("joe")) }, ""],
  ["apply a file that prunes three", { ...ci(), ...alice(), ...fred, ...set() }, { ...none(ROLE, USER, FRED), ...set(names("u", "h")) }, ""],
  ["import 50 entries of aws-auth", {}, imported, "1 administrator, 3 name"],
];

test(`${JOURNEYS.length} journeys: marks, of which at most a tenth is needless`, async () => {
  const found: [string, object, object, string][] = [];
  for (const [what, before, change] of JOURNEYS) {
    const texts = (values: object) =>
      Object.entries({ ...STORE, ...values }).map(([short, value]) => [
        short,
        value && JSON.stringify(value),
      ]);
    const [first, last] = [
      Object.fromEntries(texts(before)),
      Object.fromEntries(texts({ ...before, ...change })),
    ];
    const plan = { states: [first, last], reserved: false };
    const { marks, named, excess } = await prove(plan, { isInterrupted: false, gap: 0 });
    assert.deepEqual(excess, [], what);
    const kinds = [...Map.groupBy(marks, ({ kind }) => kind)].map(
      ([kind, all]) => `${all.length} ${kind}`,
    );
    found.push([
      what,
      before,
      change,
      [...kinds, ...(marks.length > 0 && named === 0 ? ["needless"] : [])].join(", "),
    ]);
  }
  assert.deepEqual(found, JOURNEYS);
  const needless = JOURNEYS.filter(([, , , marks]) => marks.endsWith("needless"));
  assert.ok(JOURNEYS.length >= 60 && needless.length <= JOURNEYS.length / 10);
});
