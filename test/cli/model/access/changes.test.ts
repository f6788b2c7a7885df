// Small changes: their marks, their first writes, and the waits before these. Most rows are for a
// condition of the rule.

import assert from "node:assert/strict";
import { test } from "node:test";
import { marksOf, nextPhase } from "../../../../cli/model/access/phases.ts";
import { isPlain } from "../../../../cli/model/names.ts";
import { CONTEXT, NOW } from "./any-plan.ts";
import { arn, marks, name, short, store, wanted } from "./store.ts";
import { A } from "./universe.ts";

const sts = (resource: string) => `arn:aws:sts::${A}:${resource}`;
const ci = (more: object = {}) => ({
  [`role/${A}/ci`]: { arn: arn("role/ci"), username: "u", ...more },
});
const listed = (...all: string[]) => ({
  [`pattern/${A}`]: all.map((resource) => ({ arnLike: arn(resource), username: resource })),
});
const patterns = (...all: string[]) => ({
  [`pattern/${A}`]: all.map((resource) => ({ arnLike: arn(resource), username: "p" })),
});
const denied = (...resources: string[]) => ({
  [`deny/${A}`]: resources.map((resource) => ({ arnLike: arn(resource) })),
});
const [past, july, august] = ["2020-01-01", "2026-07-01", "2026-08-01"].map((d) => ({
  notAfter: `${d}T00:00:00Z`,
}));
/** Denials of one user with several paths, which have the same key. */
const repeated = (
  ...entries: readonly (readonly [resource: string, more?: object | undefined])[]
) => ({
  [`deny/${A}`]: entries.map(([resource, more]) => ({ arnLike: arn(resource), ...more })),
});
const session = (...all: string[]) => ({
  [`sso-session/${A}/v`]: all.map((session) => ({ session, username: "u" })),
});
const ROLE_NAME = "AWSReservedSSO_v_0123456789abcdef";
const setRole = `role/${A}/${ROLE_NAME.toLowerCase()}`;
const ofSetRole = { [setRole]: { arn: arn(`role/${ROLE_NAME}`), username: "r" } };
const anyOf = (account: string) => ({
  "pattern/any": [{ arnLike: `arn:aws:iam::${account}:role/*`, username: "p" }],
});
const broad = { ...anyOf("*"), [`account/${A}`]: { username: "a" } };
const denyAny = (name: string) => ({ "deny/any": [{ arnLike: `arn:aws:iam::*:role/${name}` }] });
const ofOther = { "account/444455556666": { username: "b" } };
const [SET, OF_CI] = [`sso/${A}/v`, `role/${A}/ci`];
const admins = { username: "u", groups: ["system:masters"] };
const withG = { username: "s", groups: ["g"] };
const janeDenied = { [`deny/${A}`]: [{ arnLike: sts("assumed-role/*/jane") }] };
const bob = { [`user/${A}/bob`]: { arn: arn("user/bob"), ...admins } };
const ofSet = (more: object | string) => ({ [SET]: more });
const jane = (more: object | string) => ({
  [`sso-session/${A}/v`]:
    typeof more === "string" || Array.isArray(more) ? more : [{ session: "jane", ...more }],
});
const JANE = { session: "jane", username: "u" };
const [ofV, ofJoe, inG] = [
  { ...JANE, username: "v" },
  { ...JANE, session: "joe", ...july },
  { groups: ["g"] },
];
const FRED = `federated-user/${A}/fred`;
const fred = (of: string, more: object) => ({
  [FRED]: { arn: sts(`federated-user/${of}`), username: "f" },
  ...more,
});
const userOfSet = (more: object = {}) => ({
  [`user/${A}/${ROLE_NAME.toLowerCase()}`]: {
    arn: arn(`user/${ROLE_NAME}`),
    username: "u",
    ...more,
  },
});
const toZ = { [`account/${A}`]: { username: "z" } };
const set = ofSet({ username: "s" });
const ofCi = { ...ci(), ...broad };
const all = { ...session("jane"), ...set, ...broad, ...ofSetRole };
const none = (...names: string[]) => Object.fromEntries(names.map((name) => [name, undefined]));
const swap = { ...none(OF_CI), ...ofSet(admins) };
/**
 * A change, the kinds of its marks with how many entries each names, and the first writes < what
 * these wait for. Behind a value that is not the wanted one is its number of entries, or that it is
 * ended. R is a role of the permission set v.
 */
// biome-ignore format: a table
const CHANGES: readonly (readonly [before: object, change: object, marks?: string, writes?: string])[] = [
  [ci({ arn: arn("role/x") }), none(OF_CI), "invalid 0", "role/ci"],
  [ci({ arn: "arn:aws-cn:iam::111122223333:role/ci" }), none(OF_CI), "invalid 0", "role/ci"],
  [{ ...ci(), ...listed("role/a*", "role/b*") }, listed("role/b*", "role/a*"), "", "pattern"],
  [{ ...broad, ...listed("role/a*", "role/ab*") }, listed("role/a*", "role/ab*", "role/b"), "wide 1", "pattern < account pattern/any"],
  [listed("role/a*", "role/ab*"), listed("role/ab*", "role/a*"), "place 1", "pattern"],
  [listed("role/a*", "role/ab*", "user/*"), listed("role/ab*", "user/*", "role/a*"), "place 1", "pattern"],
  [denied("role/ci"), denied("role/CI"), "", "deny"],
  [denied("user/ops/alice"), denied("user/alice"), "", "deny"],
  [denied("role/x"), denied("role/y", "typo:"), "invalid 0", "deny"],
  [ci(), ci({ principalId: "AROAX" }), "", "role/ci"],
  [ci({ principalId: "AROAX" }), ci({ principalId: "AROAX", groups: ["g"] }), "", "role/ci"],
  [{ ...ci(july), ...denied("role/ci") }, ci(august), "denied 1", "role/ci < deny"],
  [{ ...ci(august), ...denied("role/ci") }, ci(july), "", "role/ci"],
  [{ ...ci(august), ...denied("role/ci") }, ci({ ...august, description: "d" }), "", "role/ci"],
  [{ ...ci(), ...denied("role/ci") }, ci({ ...past, ...inG }), "", "role/ci"],
  [{ ...ci(past), ...broad }, none(OF_CI), "", "role/ci"],
  [ci(), ci({ groups: ["{AccountID}"] }), "name 1", "role/ci"],
  [all, session(), "broader 4", "sso-session/v < R sso/v pattern/any account"],
  [{ ...all, ...session("jane", "joe") }, session("joe"), "broader 4", "sso-session/v < R sso/v pattern/any account"],
  [{ ...all, ...ofOther }, none(SET), "broader 2", "sso/v (ended) < R sso-session/v pattern/any account"],
  [all, none(setRole), "broader 4", "R (ended) < sso-session/v sso/v pattern/any account"],
  [{ ...listed("role/*"), ...broad, ...ofOther }, listed(), "broader 2", "pattern < pattern/any account"],
  [{ ...broad, ...ofOther }, { "pattern/any": [] }, "broader 2", "pattern/any < account account/444455556666"],
  [{ ...broad, ...ofOther }, none(`account/${A}`), "", "account (ended)"],
  [{ ...set, ...session("jane") }, ofSet(withG), "", "sso/v < sso-session/v"],
  [{ ...set, [`sso-session/${A}/v`]: "[" }, ofSet(withG), "unsettled 1", "sso/v < sso-session/v"],
  [{ ...set, ...ofSetRole }, { ...none(setRole), ...ofSet(withG) }, "broader 2, unsettled 1", "sso/v < R"],
  [{ ...ci(admins), ...bob }, { ...none(OF_CI, `user/${A}/bob`), ...ofSet(admins) }, "administrator 1", "role/ci"],
  [ci(admins), swap, "administrator 1", "sso/v"],
  [{ ...ci(admins), ...jane({ ...admins, ...past }) }, { ...swap, ...session() }, "administrator 1", "sso-session/v"],
  [ofSet(admins), jane(admins), "known 1", "sso-session/v < sso/v"],
  [ofSet({ ...admins, ...august }), jane({ ...admins, ...july }), "known 1", "sso-session/v < sso/v"],
  [ofSet(admins), jane({ ...admins, username: "other" }), "known 1", "sso-session/v < sso/v"],
  [ofSet({ ...admins, groups: ["g"] }), jane(admins), "administrator 1", "sso-session/v < sso/v"],
  [ofSet(admins), { ...ofSet({ username: "u" }), ...jane(admins) }, "unsettled 1, known 1", "sso-session/v < sso/v"],
  [ofSet(admins), { [`role/${A}/v`]: { arn: arn("role/v"), ...admins } }, "administrator 1", "role/v"],
  [{ ...ci({ username: "a:{SourceIdentity}" }), ...listed("role/*") }, none(OF_CI), "broader 1", "role/ci < pattern"],
  [{ ...ci(), ...listed("role/*") }, ci(july), "broader 1", "role/ci < pattern"],
  [{ ...ci(), ...janeDenied }, ci(inG), "", "role/ci < deny"],
  [{ ...ci(), ...janeDenied }, ci({ username: "w" }), "", "role/ci < deny"],
  [{ ...ci(), ...denied("role/x") }, ci(inG), "", "role/ci"],
  [{ [`deny/${A}`]: [{ arnLike: "arn:aws:s3:::bucket" }] }, denied("role/x"), "invalid 0", "deny"],
  [{ ...set, ...session("jane") }, jane({ username: "u", ...july }), "broader 1", "sso-session/v < sso/v"],
  [{ ...ofCi, ...denied("role/x", "role/y") }, denied("role/x"), "denial 2", "deny < role/ci account pattern/any"],
  [{ ...ofCi, callers: [], ...denied("role/x") }, listed("role/x"), "wide 1", "pattern < role/ci account deny pattern/any"],
  [{ ...ofCi, ...session("jane") }, session("jane", "joe"), "", "sso-session/v"],
  [{ ...ci(), ...session("jane") }, jane(admins), "administrator 1", "sso-session/v < role/ci"],
  [{ ...ofSetRole, ...broad }, { [setRole]: "{" }, "invalid 2", "R < pattern/any account"],
  [{ ...all, ...jane("[") }, session(), "invalid 4", "sso-session/v < R sso/v pattern/any account"],
  [{ ...all, ...ofSet("{") }, set, "invalid 3", "sso/v < R sso-session/v pattern/any account"],
  [{ ...ofCi, ...denied("role/ci") }, none(OF_CI), "broader 2", "role/ci (ended) < deny pattern/any account"],
  [{ ...ci(), ...denied("role/ci") }, none(OF_CI), "", "role/ci (ended)"],
  [{ ...janeDenied, ...set }, session("joe", "jane"), "denied 1", "sso-session/v < deny sso/v"],
  [{ ...all, ...jane([ofJoe, JANE]) }, session(), "broader 4, broader 4", "sso-session/v < R sso/v pattern/any account"],
  [fred("Fred", broad), fred("fred", toZ), "broader 3, wide 1", "account < federated-user/fred pattern/any"],
  [fred("fred", broad), { ...none(FRED), ...toZ }, "broader 2, wide 1", "account < federated-user/fred pattern/any"],
  [ofCi, { ...ci({ ...july, ...inG }), ...toZ }, "broader 3, wide 1", "account < role/ci pattern/any"],
  [ofCi, ci(inG), "", "role/ci"],
  [all, session("joe"), "broader 4", "sso-session/v < R sso/v pattern/any account"],
  [all, { ...session("joe"), ...toZ }, "broader 5, wide 1", "account < sso-session/v sso/v R pattern/any"],
  [{ ...listed("role/a*"), ...denied("role/a") }, denied("role/b"), "denial 1", "deny (2)"],
  [denied("role/a*"), denied("role/ab", "role/c"), "denial 0", "deny (3)"],
  [jane([{ ...JANE, ...july }, ofV, ofJoe]), jane([ofV, ofJoe]), "broader 1", "sso-session/v"],
  [jane([JANE, ofV, ofJoe]), jane([JANE, ofJoe]), "broader 1", "sso-session/v"],
  [jane([JANE, ofJoe]), jane([ofJoe]), "", "sso-session/v"],
  [listed("role/a*"), listed("role/*b"), "wide 1, broader 1", "pattern"],
  [denied("user/ops/al"), { [`deny/${A}`]: [{ arnLike: arn("user/al"), ...july }, { arnLike: arn("root") }] }, "denial 0", "deny (2)"],
  [denied("role/x", "role/z"), denied("role/y", "role/w", "role/z"), "denial 0", "deny (4)"],
  [denied("role/x", "role/z"), denied("role/x"), "denial 0", "deny"],
  [{}, ci({ username: "system" }), "", "role/ci"],
  [{}, ci({ username: "{AccountID}:x" }), "", "role/ci"],
  [{}, ci({ username: "{AccountID}{SessionName}-x" }), "", "role/ci"],
  [{}, ci({ username: "s{SessionName}:x" }), "name 1", "role/ci"],
  [{}, ci({ username: "x{SessionName}:x" }), "", "role/ci"],
  [{ ...ci({ groups: ["g", "h"] }), ...toZ }, ci({ groups: ["h"] }), "", "role/ci"],
  [set, { ...ofSet(withG), ...session("joe") }, "", "sso-session/v"],
  [{ ...ci(), ...listed("user/*") }, { ...ci(inG), ...denied("role/x"), ...toZ }, "wide 1", "deny role/ci"],
  [ci(inG), { ...denied("role/ci"), ...ci() }, "", "deny role/ci"],
  [ci(), ci(), "", ""],
  [session("jane", "joe"), session("joe", "jane"), "", "sso-session/v"],
  [session("jane"), none(`sso-session/${A}/v`), "", "sso-session/v"],
  [{ ...set, ...toZ }, ofSet({ username: "v", ...july }), "broader 1", "sso/v < account"],
  [{ ...listed("user/ops/*"), ...denied("user/alice") }, denied(), "denial 1", "deny < pattern"],
  [{ ...listed("user/ops/*"), ...denied("user/al*") }, denied(), "denial 1", "deny < pattern"],
  [{ ...toZ, ...ofOther, ...anyOf("444455556666") }, { "pattern/any": [] }, "broader 1", "pattern/any < account account/444455556666"],
  [{ [`pattern/${A}`]: anyOf("*")["pattern/any"], ...anyOf("444455556666") }, listed(), "", "pattern < pattern/any"],
  [{ ...janeDenied, ...session("jane") }, session("jane", "joe"), "", "sso-session/v"],
  [{ ...jane([ofJoe, JANE]), [setRole]: { ...ofSetRole[setRole], ...past } }, session(), "", "sso-session/v < R"],
  [{ ...ci(), ...janeDenied }, fred("fred", ci(inG)), "", "federated-user/fred"],
  [all, { ...jane([{ ...ofJoe, ...admins }]), ...toZ }, "administrator 1, broader 5, wide 1", "sso-session/v < R sso/v pattern/any account"],
  [{ ...ci(past), ...denied("role/ci") }, none(OF_CI), "", "role/ci < role/ci"],
  [{ ...ci(), ...bob }, none(OF_CI), "", "role/ci"],
  [{}, { ...anyOf("*"), ...listed("role/*"), ...toZ }, "wide 1, wide 1, wide 1", "pattern"],
  [{ ...ofCi, ...denied("role/x*") }, { ...none(OF_CI), ...denied() }, "broader 2, denial 2", "role/ci < pattern/any account"],
  [{ ...ofCi, ...denied("role/x"), ...denyAny("x") }, denied(), "denial 2", "deny < role/ci account pattern/any deny/any"],
  [{ ...ci(), ...denyAny("ci") }, ci(inG), "denied 1", "role/ci < deny/any"],
  [{ ...ci({ username: "z", groups: ["g", "h"] }), [`account/${A}`]: { username: "z", groups: ["g"] } }, none(OF_CI), "broader 1", "role/ci < account"],
  [{ ...ci({ username: "z", groups: ["g"] }), [`account/${A}`]: { username: "z", groups: ["g", "h"] } }, none(OF_CI), "broader 1", "role/ci < account"],
  [{ ...ci({ username: "z", groups: ["g", "{AccountID}"] }), ...toZ }, none(OF_CI), "broader 1", "role/ci < account"],
  [{}, ci({ username: "{AccountID}system:x" }), "", "role/ci"],
  [{ ...userOfSet(), [setRole]: "{" }, userOfSet(inG), "", "user/awsreservedsso_v_0123456789abcdef"],
  [{ ...ofSetRole, ...jane("[") }, { [setRole]: { ...ofSetRole[setRole], ...inG } }, "unsettled 1", "R < sso-session/v"],
  [{ [`pattern/${A}`]: "[" }, { [`pattern/${A}`]: [...(listed("role/a*")[`pattern/${A}`] ?? []), { arnLike: "typo:" }] }, "invalid 1, wide 1", "pattern"],
  [{ ...ci(), [`pattern/${A}`]: [{ arnLike: arn("role/*"), username: "p" }, { arnLike: "typo:" }] }, none(OF_CI), "broader 1", "role/ci < pattern"],
  [patterns("user/ops/al"), patterns("user/al"), "wide 1", "pattern"],
  [{ ...ci(), ...denied("role/ops/ci") }, ci(inG), "denied 1", "role/ci < deny"],
  [{ ...listed("user/ops/al"), ...denied("user/al*") }, denied(), "denial 1", "deny < pattern"],
  [{ [`pattern/${A}`]: [{ arnLike: "arn:aws:iam::*:role/*", username: "p" }], "deny/any": [{ arnLike: "arn:aws:iam::444455556666:role/*" }] }, { "deny/any": [] }, "denial 0", "deny/any < pattern"],
  [{ ...patterns("*"), [`deny/${A}`]: [{ arnLike: sts("assumed-role/ci/jane") }] }, denied(), "denial 1", "deny < pattern"],
  [{ ...patterns("role/a*"), ...toZ }, patterns("role/ab*"), "wide 1, broader 2", "pattern < account"],
  [{ ...ci({ username: "z", principalId: "AROAX" }), ...toZ }, none(OF_CI), "broader 1", "role/ci < account"],
  [jane([JANE, ofV]), jane([{ ...JANE, ...july }, ofV]), "broader 1", "sso-session/v"],
  [jane([{ ...ofV, ...july }, JANE]), jane([{ ...JANE, description: "d" }, { ...ofV, ...july }]), "place 1", "sso-session/v"],
  [jane([{ ...ofV, ...july }, { ...JANE, groups: ["g", "h"] }]), jane([{ ...JANE, ...inG }, { ...ofV, ...july }]), "place 1", "sso-session/v"],
  [jane([{ ...ofV, ...july }, JANE]), jane([{ ...JANE, description: "d" }, { ...ofV, ...july }, JANE]), "place 1", "sso-session/v"],
  [jane([{ ...ofV, ...july }, JANE]), jane([{ ...ofV, ...july, description: "d" }, { ...JANE, description: "d" }]), "", "sso-session/v"],
  [{ ...all, ...jane("[") }, { ...session(), ...toZ }, "invalid 5, wide 1", "account < sso-session/v sso/v R pattern/any"],
  [{ ...ci(), ...toZ, ...denied("role/c") }, { ...none(OF_CI), ...denied() }, "broader 1, denial 1", "role/ci < account"],
  [userOfSet(), none(...Object.keys(userOfSet())), "", "user/awsreservedsso_v_0123456789abcdef"],
  [{ ...ci(admins), ...denied("role/ci"), ...bob }, { ...denied(), ...none(`user/${A}/bob`), ...fred("fred", {}) }, "denial 1", "federated-user/fred"],
  [{ ...ofSet(admins), ...ofSetRole, ...bob }, none(setRole, `user/${A}/bob`), "broader 1", "R (ended) < sso/v"],
  [{}, { ...ci(inG), ...bob }, "administrator 1", "role/ci"],
  [{ ...ci({ groups: ["g", "{SessionName}"] }), ...denied("role/ci") }, ci(inG), "denied 1", "role/ci < deny"],
  [ci({ principalId: "AROAX" }), ci({ principalId: "AROAY" }), "pin 1", "role/ci"],
  [ofSet({ ...admins, ...july }), jane(admins), "administrator 1", "sso-session/v < sso/v"],
  [ofSet({ username: "u", groups: ["system:masters", "{AccountID}"] }), jane(admins), "known 1", "sso-session/v < sso/v"],
  [denied("role/x", "role/y"), { [`deny/${A}`]: [{ arnLike: arn("role/x"), ...july }, { arnLike: arn("role/w") }] }, "denial 0, denial 0", "deny (3)"],
  [{ ...set, [`role/${A}/awsreservedsso_v_x_0123456789abcdef`]: "{", [`${setRole}0`]: "{" }, ofSet(withG), "", "sso/v"],
  [{ ...ci(), [`deny/${A}`]: [{ arnLike: sts("assumed-role/ci/j*e") }] }, ci(inG), "denied 1", "role/ci < deny"],
  [{ ...ofSet({ username: "u" }), ...session("jane") }, { ...jane([{ ...JANE, session: "joe", ...admins }]), ...listed("user/*") }, "administrator 1, broader 1, wide 1", "sso-session/v < sso/v"],
  [{}, { ...denied("role/x"), ...bob }, "administrator 1", "deny"],
  [bob, { ...denied("user/bob"), ...ci(admins) }, "administrator 1", "role/ci"],
  [{ ...session("jane"), ...ofSetRole, ...toZ }, { ...session(), ...none(setRole) }, "broader 2, broader 2", "R (ended) < sso-session/v account"],
  [{}, { ...jane(admins), [setRole]: { ...ofSetRole[setRole], ...admins } }, "administrator 1, administrator 1", "sso-session/v"],
  [{}, { ...ofSet(admins), [setRole]: { ...ofSetRole[setRole], ...admins } }, "administrator 1, administrator 1", "R"],
  [denied("role/x*", "role/x", "role/y"), denied("role/x*", "role/w"), "denial 0, denial 0", "deny (4)"],
  [{}, { ...fred("fred", {}), ...denied("role/x") }, "", "deny federated-user/fred"],
  [repeated(["user/ops/bob", past], ["user/bob"], ["role/x"]), repeated(["user/ops/bob", past], ["user/bob"], ["role/y"]), "denial 0", "deny (4)"],
  [repeated(["user/bob"], ["role/x"]), repeated(["user/ops/bob", july], ["user/bob"], ["role/y"]), "denial 0", "deny (4)"],
  [repeated(["user/x"], ["user/y", july]), repeated(["user/y", july], ["user/o/y"]), "denial 0", "deny (3)"],
  [{ [`pattern/${A}`]: [1], ...toZ }, { ...listed("role/*"), [`account/${A}`]: { username: "y" } }, "invalid 3, wide 1, wide 1", "pattern < account"],
  [{ [`pattern/${A}`]: [{ arnLike: arn("role/*") }], ...toZ }, { ...listed("role/*"), [`account/${A}`]: { username: "y" } }, "invalid 3, wide 1, wide 1", "account < pattern"],
  [{ [`pattern/${A}`]: "{", ...toZ }, { ...listed("role/*"), [`account/${A}`]: { username: "y" } }, "invalid 3, wide 1, wide 1", "account < pattern"],
  [jane([1]), jane(admins), "invalid 1, administrator 1", "sso-session/v"],
  [{ [OF_CI]: "{" }, ci(admins), "invalid 1, administrator 1", "role/ci"],
  [{ ...ci(), [`pattern/${A}`]: [{ name: "newer" }] }, none(OF_CI), "broader 0", "role/ci < pattern"],
  [{ ...ci(), [`account/${A}`]: { newer: 1 } }, none(OF_CI), "broader 0", "role/ci < account"],
  [{ ...ci(), ...session() }, none(OF_CI), "", "role/ci"],
];
test("the marks, the first writes, and the recent writes that they wait for", () => {
  const found = CHANGES.map(([before, change]) => {
    const recent = Object.fromEntries(Object.keys(before).map((parameter) => [parameter, 1_000]));
    const [states, changes] = [store({ ...before }, recent), wanted({ ...change })];
    const kinds = marksOf(changes, states, CONTEXT).map(
      ({ kind, gives }) => `${kind} ${gives.length}`,
    );
    const { writes = [], waitsFor = [] } = nextPhase(changes, states, CONTEXT) ?? {};
    const nameOf = (name: string) =>
      short({ name })
        .replace(`/${A}`, "")
        .replace(/^role.awsreserved.*/, "R");
    const first = writes.map(({ name, value }) => {
      const isLast = changes.some((change) => change.name === name && change.value === value);
      return isLast
        ? nameOf(name)
        : `${nameOf(name)} (${JSON.parse(value ?? "").length ?? "ended"})`;
    });
    const last = waitsFor.length > 0 ? ["<", ...waitsFor.map(nameOf)] : [];
    return [before, change, kinds.join(", "), [...first, ...last].join(" ")];
  });
  assert.deepEqual(found, CHANGES);
});

test("callers and issuer keys are not changes of access: the rule throws", () => {
  for (const name of ["callers", "issuer/x"]) {
    const changes = wanted({ ...ci(inG), [name]: [] });
    const notMapping = { message: `${CONTEXT.prefix}/${name} is not a mapping.` };
    assert.throws(() => marksOf(changes, store(ci()), CONTEXT), notMapping);
    assert.throws(() => nextPhase(changes, store(ci()), CONTEXT), notMapping);
  }
});

const root = { [`root/${A}`]: { arn: arn("root"), username: "r" } };
const many = listed("user/*", "user/a*", "user/b*", "user/c*", "user/d*", "user/e*");
/** A change, and the text of its mark, with which the user consents. */
// biome-ignore format: a table
const TEXTS: readonly (readonly [before: object, change: object, text: string])[] = [
  [{ ...root, ...toZ }, none(`root/${A}`), "broader: root of 111122223333 is no longer mapped by root/111122223333: account/111122223333 applies and gives z"],
  [ofOther, { "account/444455556666": { username: "c", groups: ["g", "h"] } }, "wide: account/444455556666 gives c (g, h) to every identity that it matches"],
  [{ ...ofSet({ username: "u", groups: ["g"] }), ...session("jane") }, jane({ ...JANE, ...july }), "broader: session jane of v is only until 2026-07-01T00:00:00Z mapped by sso-session/111122223333/v: sso/111122223333/v applies and gives u (g)"],
  [{ ...ofCi, "deny/any": [{ arnLike: "arn:aws:iam::*:role/c*" }] }, { "deny/any": [] }, "denial: arn:aws:iam::*:role/c* is no longer denied by deny/any: role/111122223333/ci applies and gives u, or pattern/any arn:aws:iam::*:role/* applies and gives p, or account/111122223333 applies and gives a"],
  [{ ...many, ...toZ, [`user/${A}/al`]: { arn: arn("user/al"), ...admins }, ...denied("user/*") }, denied(), "denial: user/* is no longer denied by deny/111122223333: user/111122223333/al applies and gives u (system:masters), or pattern/111122223333 user/* applies and gives user/*, or pattern/111122223333 user/a* applies and gives user/a*, or pattern/111122223333 user/b* applies and gives user/b*, or pattern/111122223333 user/c* applies and gives user/c*, or another mapping applies and gives user/d*, or user/e*, or z"],
  [{ ...session("jane"), ...ofSetRole }, session(), "broader: session jane of v is no longer mapped by sso-session/111122223333/v: role/111122223333/awsreservedsso_v_0123456789abcdef applies and gives r"],
  [{ ...set, ...ofSet("{") }, set, "invalid: sso/111122223333/v is invalid, and denies, before or after the change: not JSON. Then sso/111122223333/v applies and gives s"],
  [{}, ci({ username: "a:{PrincipalTag:team}" }), "name: ci gets a:{PrincipalTag:team} by role/111122223333/ci: a:{PrincipalTag:team} depends on a claim of the token"],
  [{}, ofSet(admins), "administrator: v gets u (system:masters) by sso/111122223333/v: system:masters makes an administrator"],
  [{ ...janeDenied, ...session("jane"), ...toZ }, { [`deny/${A}`]: [] }, "denial: assumed-role/*/jane is no longer denied by deny/111122223333: sso-session/111122223333/v jane applies and gives u, or account/111122223333 applies and gives z"],
  [{}, { [`account/${A}`]: {} }, "wide: account/111122223333 gives their own ARN to every identity that it matches"],
  [ci({ arn: arn("role/x") }), none(OF_CI), "invalid: role/111122223333/ci is invalid, and denies, before or after the change: its arn is the ARN of another principal"],
  [listed("role/a*", "role/ab*"), listed("role/ab*", "role/a*"), "place: pattern/111122223333 role/ab* moves before role/a*, and gives role/ab*"],
  [{ ...patterns("role/a*"), ...toZ }, patterns(), "broader: role/a* is no longer mapped by pattern/111122223333: account/111122223333 applies and gives z"],
  [{ ...patterns("role/a*"), ...denied("role/a") }, { [`deny/${A}`]: [{ arnLike: arn("role/a"), ...july }] }, "denial: role/a is only until 2026-07-01T00:00:00Z denied by deny/111122223333: pattern/111122223333 role/a* applies and gives p"],
  [{}, ci({ groups: ["system:nodes"] }), "name: ci gets u (system:nodes) by role/111122223333/ci: system:nodes begins with system:, which Kubernetes reserves"],
  [ci({ principalId: "AROAX" }), ci(), "pin: ci is mapped by role/111122223333/ci without its principalId AROAX"],
  [ci(july), ci(), "end: ci is mapped by role/111122223333/ci without its end 2026-07-01T00:00:00Z"],
  [{}, ci({ groups: ["system:masters", "access:cluster-admin"] }), "administrator: ci gets u (system:masters, access:cluster-admin) by role/111122223333/ci: system:masters, access:cluster-admin makes an administrator"],
  [{}, ci({ groups: ["kubeadm:cluster-admins"] }), "administrator: ci gets u (kubeadm:cluster-admins) by role/111122223333/ci: kubeadm:cluster-admins makes an administrator"],
  [{}, ci({ groups: ["x:{SessionName}"] }), "name: ci gets u (x:{SessionName}) by role/111122223333/ci: x:{SessionName} is a group that depends on the session"],
  [{}, ci({ username: "{SessionName}", groups: ["{SessionName}"] }), "name: ci gets {SessionName} ({SessionName}) by role/111122223333/ci: {SessionName} is a group that depends on the session"],
  [{ ...ci(), ...denied("role/ci") }, ci(inG), "denied: ci gets u (g) by role/111122223333/ci: deny/111122223333 may deny it"],
  [{ ...set, ...jane("[") }, ofSet(withG), "unsettled: v gets s (g) by sso/111122223333/v: sso-session/111122223333/v takes precedence, and changes or is invalid"],
  [denied("role/x"), denied(), "denial: role/x is no longer denied by deny/111122223333"],
  [{ ...ci(), [`pattern/${A}`]: [{ name: "newer" }], ...toZ }, none(OF_CI), "broader: ci is no longer mapped by role/111122223333/ci: account/111122223333 applies and gives z, or pattern/111122223333 is invalid, and a newer function may apply it"],
  [{}, ci({ username: "s{SessionName}:x" }), "name: ci gets s{SessionName}:x by role/111122223333/ci: s{SessionName}:x may begin with system:, which Kubernetes reserves"],
];
test("a mark names the riskiest mappings first", () => {
  const users = Array.from({ length: 18 }, (_, index) => [
    `user/${A}/u${index}`,
    { arn: arn(`user/u${index}`), username: `n${index}` },
  ]);
  const risky = {
    [`user/${A}/x`]: { arn: arn("user/x"), username: "x", groups: ["system:nodes"] },
    ...bob,
  };
  const [mark = ""] = marks(
    { ...Object.fromEntries(users), ...risky, ...denied("user/*") },
    denied(),
  );
  assert.equal(
    mark,
    `denial: user/* is no longer denied by deny/${A}: user/${A}/bob applies and gives u (system:masters), or user/${A}/x applies and gives x (system:nodes), or user/${A}/u0 applies and gives n0, or user/${A}/u1 applies and gives n1, or user/${A}/u2 applies and gives n2, or another mapping applies and gives n3, or n4, or n5, or n6, or n7, or n8, or n9, or n10, or n11, or n12, or one of 5 more, such as n13`,
  );
});

test("an invalid list of sessions that becomes valid names its entries", () => {
  const [mark = ""] = marks(jane("[1]"), jane(admins));
  assert.match(mark, /sso-session\/111122223333\/v jane applies and gives u \(system:masters\)$/);
});

test("the texts of marks", () => {
  for (const [before, change, text] of TEXTS) assert.equal(marks(before, change).join(), text);
});

test("a group that the function rejects, or with a placeholder, is not plain", () => {
  const review = { ...CONTEXT, reservedPrefixes: ["reserved:"] };
  const plain = ["reserved:x", "x{AccountID}", "x:reserved:"].map((text) => isPlain(text, review));
  assert.deepEqual(plain, [false, false, true]);
});

test("above 200 changes, a lifted denial is still written last, after a wait", () => {
  const many = Array.from({ length: 250 }, (_, index) => `role/${A}/r${index}`);
  const mapping = (short: string, groups: readonly string[]) => ({
    arn: arn(`role/${short.split("/")[2]}`),
    username: "u",
    groups,
  });
  const mapped = Object.fromEntries(
    many.map((resource) => [resource, mapping(resource, ["g", "h"])]),
  );
  const states = new Map(store({ [`deny/${A}`]: [{ arnLike: arn("role/*") }], ...mapped }));
  const changes = wanted({
    [`deny/${A}`]: [],
    ...Object.fromEntries(many.map((resource) => [resource, mapping(resource, ["g"])])),
  });
  const first = nextPhase(changes, states, CONTEXT);
  assert.equal(first?.writes.length, 250);
  assert.ok(first.writes.every((write) => short(write).startsWith("role/")));
  for (const { name: full, value = "" } of first.writes)
    states.set(full, { value, secure: false, modified: NOW });
  const second = nextPhase(changes, states, CONTEXT);
  assert.deepEqual(second?.writes.map(short), [`deny/${A}`]);
  assert.equal(second.from, NOW + 35_000);
});

test("an interrupted command that is run again waits as it would have without the interruption", () => {
  const change = wanted({ [`role/${A}/x`]: undefined });
  const values = { [`role/${A}/x`]: { arn: arn("role/x"), username: "x" }, [`pattern/${A}`]: [] };
  for (const [age, waitsFor] of [
    [5_000, [name(`pattern/${A}`)]],
    [34_999, [name(`pattern/${A}`)]],
    [35_000, []],
  ] as const) {
    const phase = nextPhase(change, store(values, { [`pattern/${A}`]: age }), CONTEXT);
    assert.deepEqual([phase?.waitsFor, phase?.from], [waitsFor, NOW + 35_000 - age]);
  }
});

test("the removal of a denied principal's mapping leaves a date", () => {
  const mapping = { arn: arn("role/x"), username: "x", groups: ["g"] };
  const states = store({ [`deny/${A}`]: [{ arnLike: arn("role/*") }], [`role/${A}/x`]: mapping });
  const [first] = nextPhase(wanted({ [`role/${A}/x`]: undefined }), states, CONTEXT)?.writes ?? [];
  assert.ok(first?.value !== undefined, "it is deleted at once");
  assert.ok(Date.parse(JSON.parse(first.value).notAfter) <= NOW);
});

test("the last administrator stays until the next one is no longer denied", () => {
  const administrator = { username: "admin", groups: ["system:masters"] };
  const alice = { arn: arn("user/alice"), username: "u", groups: ["g"] };
  const [user, sessions] = [`user/${A}/alice`, `sso-session/${A}/view`];
  const states = store({
    [`sso/${A}/view`]: administrator,
    [sessions]: "{}",
    [user]: { ...alice, ...administrator },
  });
  const changes = wanted({ [user]: alice, [sessions]: [] });
  const first = nextPhase(changes, states, CONTEXT);
  assert.deepEqual(first?.writes.map(short), [sessions]);
});
