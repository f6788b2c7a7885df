// Mutants of the rule: each lacks one clause, and has a plan beside it with which the proof fails
// without that clause.

import { registerHooks } from "node:module";
import { ENDS, type State } from "./any-plan.ts";
import type { Rule } from "./prove.ts";
import { A, SET_ROLES } from "./universe.ts";

/**
 * The states before and after one or two commands show what it allows: access that is not named (if
 * it is a clause that makes a mark or a wait), or a mark or wait that is needless (if it is one
 * that saves these). Names that begin with `res:` are reserved.
 */
type Mutant = readonly [name: string, file: string, from: string, to: string, ...states: State[]];

const json = (value: unknown) => JSON.stringify(value);
const arn = (resource: string, of: string = A) => `arn:aws:iam::${of}:${resource}`;
const [role, user, set, sessions] = [
  `role/${A}/ci`,
  `user/${A}/alice`,
  `sso/${A}/view`,
  `sso-session/${A}/view`,
];
const [account, pattern, deny] = [`account/${A}`, `pattern/${A}`, `deny/${A}`];
const setRole = `role/${A}/${SET_ROLES[0]?.toLowerCase()}`;
type Names = [username: string, groups?: readonly string[], more?: object];
const names = (username: string, groups: readonly string[] = [], more: object = {}) => ({
  username,
  groups,
  ...more,
});
const ci = (...given: Names) => json({ arn: arn("role/ci"), ...names(...given) });
const ofSet = (...given: Names) => json(names(...given));
const ofSetRole = (...given: Names) =>
  json({ arn: arn(`role/${SET_ROLES[0]}`), ...names(...given) });
const jane = (...given: Names) => janes(given);
const like = (resource: string, ...given: Names) => ({
  arnLike: arn(resource),
  ...names(...given),
});
const patternOf = (...given: Parameters<typeof like>) => json([like(...given)]);
const arnOf = (resource: string) =>
  resource.startsWith("assumed") ? `arn:aws:sts::${A}:${resource}` : arn(resource);
const denials = (...resources: readonly string[]) =>
  json(resources.map((resource) => ({ arnLike: arnOf(resource) })));
const named = (name: string) => json([{ name }]);
const [past, july, august] = [
  { notAfter: ENDS.past },
  { notAfter: ENDS.july },
  { notAfter: ENDS.august },
];
const masters = ["system:masters"];
const pin = { principalId: "AROAPINNED" };
const fed = `federated-user/${A}/fred`;
const fred = (name: string) =>
  json({ arn: `arn:aws:sts::${A}:federated-user/${name}`, ...names("u", masters) });
const janes = (...all: readonly Names[]) =>
  json(all.map((given) => ({ session: "jane", ...names(...given) })));
const janeDenied = denials("assumed-role/ci/jane");
const admin = { [`root/${A}`]: json({ arn: arn("root"), username: "root", groups: masters }) };

// biome-ignore format: a table
export const MUTANTS: readonly Mutant[] = [
  ["a user has the path of its mapping", "kinds.ts", '"iam::{account}:user/{name}", "iam::{account}:user/*/{name}"', '"iam::{account}:user/{name}"', { [user]: json({ arn: arn("user/alice"), username: "u" }), [pattern]: patternOf("user/ops/*", "v") }, { [pattern]: patternOf("user/ops/*", "v") }],
  ["a denial of some users does not match them without their path", "entry-arns.ts", "(isDenial && isOneOf(", "(false && isOneOf(", { [pattern]: patternOf("user/ops/*", "u"), [deny]: denials("user/al*") }, { [pattern]: patternOf("user/ops/*", "u"), [deny]: "[]" }],
  ["patterns of users with the same names overlap", "entry-arns.ts", "(isDenial && isOneOf(", "(isOneOf(", { [pattern]: json([like("user/ops/*", "u"), like("user/team/*", "v")]) }, { [pattern]: json([like("user/team/*", "v"), like("user/ops/*", "u")]) }],
  ["a denial of a user with a path covers one path only", "entry-arns.ts", "? withoutPath(deniedIn(mapping)) :", "? deniedIn(mapping) :", { [account]: ofSet("u"), [deny]: denials("user/ops/alice") }, { [account]: ofSet("u"), [deny]: denials("user/ops/*") }],
  ["the mark of a lifted denial of sessions names no pattern", "entry-arns.ts", 'globsOverlap(resource, "role/*")', "false", { [pattern]: patternOf("role/c*", "u"), [deny]: janeDenied }, { [pattern]: patternOf("role/c*", "u"), [deny]: "[]" }],
  ["a name distinguishes case", "entry-arns.ts", 'asciiLowerCase("name" in mapping ? mapping.name : withoutPath(mapping.arnLike))', '"name" in mapping ? mapping.name : asciiLowerCase(withoutPath(mapping.arnLike))', { [role]: ci("u"), [deny]: named("jane") }, { [role]: ci("u"), [deny]: named("JANE") }],
  ["a name covers no user with a path", "entry-arns.ts", "`iam::${of}:user/*/${named}`,\n", "\n", { [pattern]: patternOf("user/ops/*", "v"), [deny]: named("alice") }, { [pattern]: patternOf("user/ops/*", "v"), [deny]: "[]" }],
  ["a name covers no user without a path", "entry-arns.ts", "`iam::${of}:user/${named}`,\n", "\n", { [user]: json({ arn: arn("user/bob"), username: "u" }), [pattern]: patternOf("user/b*", "v"), [deny]: named("bob") }, { [pattern]: patternOf("user/b*", "v"), [deny]: "[]" }],
  ["a name covers no federated user", "entry-arns.ts", "`sts::${of}:federated-user/${named}`,\n", "\n", { [fed]: fred("fred"), [deny]: named("Fred") }, { [fed]: fred("fred"), [deny]: "[]" }],
  ["a name covers no session", "entry-arns.ts", "sessions: [full(`sts::${of}:assumed-role/*/${named}`)]", "sessions: []", { [role]: ci("u"), [deny]: named("jane") }, { [role]: ci("u"), [deny]: "[]" }],
  ["a name for any account covers no account", "entry-arns.ts", 'const of = account === "any" ? "*" : account;', "const of = account;", { [role]: ci("u"), "deny/any": named("jane") }, { [role]: ci("u"), "deny/any": "[]" }],
  ["a name in an account's list covers every account", "entry-arns.ts", 'const of = account === "any" ? "*" : account;', 'const of = "*";', { "pattern/any": json([{ arnLike: arn("role/*", "444455556666"), ...names("u") }]), [deny]: named("jane") }, { "pattern/any": json([{ arnLike: arn("role/*", "444455556666"), ...names("u") }]), [deny]: "[]" }],
  ["an invalid value denies nobody", "entry-arns.ts", "return problem !== undefined || entries", "return entries", { [role]: ci("u"), [deny]: "{" }, { [deny]: "{" }, { [deny]: "[]" }],
  ["federated users ignore case", "entry-arns.ts", 'kind === "federated-user" ? arn : arnLike &&', "arnLike &&", { [fed]: fred("Fred") }, { [fed]: fred("fred") }],
  ["the value of another principal is valid", "entry-arns.ts", "ofParameter.length < valid.length", "ofParameter.length < 0", { [role]: ofSetRole("u"), [account]: ofSet("v") }, { [account]: ofSet("v") }],
  ["another username is no change", "changes.ts", 'username: () => ["gives"]', "username: NOTHING", { [role]: ci("u", masters) }, { [role]: ci("v", masters) }],
  ["another group is no change", "changes.ts", "beyond(now, old).length === 0 && ", "", { [set]: ofSet("u") }, { [set]: ofSet("u", ["g"]), [sessions]: jane("v") }],
  ["losing a group is a change", "changes.ts", "&& isHarmless ? []", "&& beyond(old, now).length === 0 ? []", { [role]: ci("u", ["g"]), [deny]: denials("role/*") }, { [role]: ci("u"), [deny]: "[]" }],
  ["a group that is rejected may be lost", "changes.ts", "every((group) => isPlain(group, review))", "every(() => true)", { [set]: ofSet("u", ["res:g"]) }, { [set]: ofSet("u"), [sessions]: jane("v") }],
  ["a later end is no change", "changes.ts", 'Number.POSITIVE_INFINITY ? ["gives", "drops end"] : ["gives"]', 'Number.POSITIVE_INFINITY ? ["gives", "drops end"] : []', { [role]: ci("u", masters, july) }, { [role]: ci("u", masters, august) }],
  ["an end may be dropped", "changes.ts", '? ["gives", "drops end"] : ["gives"]', '? ["gives"] : ["gives"]', { [role]: ci("u", [], july) }, { [role]: ci("u") }],
  ["a later end drops it", "changes.ts", '? ["gives", "drops end"] : ["gives"]', '? ["gives", "drops end"] : ["gives", "drops end"]', { [role]: ci("u", masters, july) }, { [role]: ci("u", masters, august) }],
  ["an earlier end is no change", "changes.ts", 'now.end < old.end ? ["takes"] : []', "[]", { [account]: ofSet("u"), [deny]: denials("role/*") }, { [account]: ofSet("u"), [deny]: json([{ arnLike: arn("role/*"), ...july }]) }],
  ["a new end always takes", "changes.ts", 'now.end < old.end ? ["takes"] : []', '["takes"]', { [role]: ci("u", [], july), [account]: ofSet("v") }, { [role]: ci("u", [], { notAfter: "2026-07-01T00:00:00.0Z" }), [account]: ofSet("v") }],
  ["a pin may be dropped", "changes.ts", '["gives", "drops pin"]', "[]", { [role]: ci("u", [], pin) }, { [role]: ci("u") }],
  ["a pin that is added gives", "changes.ts", 'mapping.principalId === undefined ? [] : ["gives", "drops pin"]', '["gives", "drops pin"]', { [role]: ci("u", masters) }, { [role]: ci("u", masters, pin) }],
  ["a description gives", "changes.ts", "description: NOTHING", 'description: () => ["gives"]', { [role]: ci("u", masters) }, { [role]: ci("u", masters, { description: "d" }) }],
  ["another spelling gives", "changes.ts", "  arn: NOTHING", '  arn: () => ["gives"]', { [role]: ci("u", masters) }, { [role]: ci("u", masters).replace("role/ci", "role/CI") }],
  ["the spelling of a pattern gives", "changes.ts", "  arnLike: NOTHING", '  arnLike: () => ["gives"]', { [pattern]: patternOf("role/c*", "u") }, { [pattern]: patternOf("role/C*", "u") }],
  ["an ended entry gives", "changes.ts", "{ gives: is, takes: was,", "{ gives: true, takes: was,", { [role]: ci("u", [], past) }, { [role]: ci("u", masters, past) }],
  ["an ended entry takes", "changes.ts", "{ gives: is, takes: was,", "{ gives: is, takes: true,", { [role]: ci("u", [], past), [account]: ofSet("v") }, { [role]: ci("u", [], { notAfter: "2019-01-01T00:00:00Z" }), [account]: ofSet("v") }],
  ["an ended entry has no end or pin to drop", "changes.ts", '"drops end": true, "drops pin": true', '"drops end": was, "drops pin": was', { [role]: ci("u", [], past) }, { [role]: ci("u") }],
  ["an entry that is added gives nothing", "changes.ts", "(is && !was ?", "(false ?", {}, { [account]: ofSet("u") }],
  ["an entry that is removed takes nothing", "changes.ts", "was && now === undefined ?", "false ?", { [role]: ci("u"), [account]: ofSet("v") }, {}],
  ["an entry that has ended and is removed takes", "changes.ts", "was && now === undefined ?", "old && now === undefined ?", { [sessions]: jane("u"), [setRole]: ofSetRole("v") }, { [sessions]: jane("u") }, { [sessions]: "[]" }],
  ["the first of two denials counts", "changes.ts", "denials.toSorted((a, b) => b.end - a.end)[0]", "denials[0]", { [role]: ci("u"), [deny]: json([{ arnLike: arn("role/ci"), ...july }, { arnLike: arn("role/ci") }]) }, { [role]: ci("u"), [deny]: json([{ arnLike: arn("role/ci"), ...july }]) }],
  ["the same mappings of a session are compared", "changes.ts", "({ mapping }) => !others.some((other) => isDeepStrictEqual(other.mapping, mapping)),", "() => true,", { [sessions]: janes(["u", [], july], ["v", masters]) }, { [sessions]: janes(["v", masters]) }],
  ["a second mapping of a session drops no end", "changes.ts", "left[index] ?? longest(old)", "left[index]", { [sessions]: jane("u", [], july) }, { [sessions]: janes(["w", [], july], ["v"]) }],
  ["one of two mappings of a session may be removed", "changes.ts", "left.slice(right.length).map", "left.slice(9).map", { [sessions]: janes(["u", [], july], ["v"]) }, { [sessions]: janes(["v"]) }],
  ["a pattern may be moved", "changes.ts", "return passed === undefined ? []", "return passed !== null ? []", { [pattern]: json([like("role/c*", "u"), like("role/*", "v")]) }, { [pattern]: json([like("role/*", "v"), like("role/c*", "u")]) }],
  ["patterns that do not overlap are moved", "changes.ts", " && overlaps(other.entry, entry));", ");", { [pattern]: json([like("role/c*", "u"), like("user/*", "v")]) }, { [pattern]: json([like("user/*", "v"), like("role/c*", "u")]) }],
  ["ended patterns are moved", "changes.ts", "    isActive(entry, review) ? { entry", "    entry !== null ? { entry", { [pattern]: json([like("role/c*", "u", [], past), like("role/*", "v")]) }, { [pattern]: json([like("role/*", "v"), like("role/c*", "u", [], past)]) }],
  ["a new pattern may be anywhere", "changes.ts", "other.was >= 0 && ", "", { [pattern]: patternOf("role/*", "u") }, { [pattern]: json([like("role/*", "u"), like("role/c*", "v")]) }],
  ["equal mappings have the place of the first", "changes.ts", "({ mapping }) =>\n      isDeepStrictEqual(mapping, (olds.get(entry) ?? entry).mapping),", "({ key }) => key === entry.key,", { [sessions]: janes(["u", [], july], ["v", masters]) }, { [sessions]: janes(["v", masters], ["u", [], july]) }],
  ["an edited mapping has the place of the first of its key", "changes.ts", "(olds.get(entry) ?? entry).mapping", "before.entries.find(({ key }) => key === entry.key)?.mapping", { [sessions]: janes(["u", [], july], ["v", masters]) }, { [sessions]: janes(["v", masters, { description: "d" }], ["u", [], july]) }],
  ["an edited pattern has no place", "changes.ts", "(olds.get(entry) ?? entry).mapping", "entry.mapping", { [pattern]: json([like("role/c*", "u"), like("role/*", "v")]) }, { [pattern]: json([like("role/*", "v", [], { description: "d" }), like("role/c*", "u")]) }],
  ["an invalid value is changed without a mark", "judge-change.ts", "  if (problem !== undefined) {", "  if (problem === null) {", { [account]: ofSet("u"), [deny]: "{" }, { [account]: ofSet("u"), [deny]: "[]" }],
  ["the new value of an invalid one is not named", "judge-change.ts", "mayApply(reach, [after, ...valuesIn(others, state)], review)", "mayApply(reach, valuesIn(others, state), review)", { [pattern]: json([{ ...like("role/ci", "u"), username: 1 }, like("role/*", "u")]) }, { [pattern]: patternOf("role/*", "u") }],
  ["the mark of an invalid value names no lower mapping", "judge-change.ts", "mayApply(reach, [after, ...valuesIn(others, state)], review)", "mayApply(reach, [after], review)", { [account]: ofSet("u"), [deny]: "{" }, { [account]: ofSet("u"), [deny]: "[]" }],
  ["the mark of an invalid deny list names no mapping", "judge-change.ts", 'reach.kind === "deny" ? branchOf(reach, state) : lowerValues', "lowerValues", { [account]: ofSet("u"), [deny]: "{" }, { [account]: ofSet("u"), [deny]: "[]" }],
  ["a list of sessions is not higher than the roles of its set", "judge-change.ts", '(address.kind === "sso-session" ? higherThan(address, state) : [])', "[]", { [setRole]: ofSetRole("u"), [sessions]: "[,]" }, { [setRole]: ofSetRole("u"), [sessions]: "[]" }],
  ["lifted denials are removals", "judge-change.ts", "isDenyList ? liftMark(change, state) : removalMark(change, [before, after], state)", "removalMark(change, [before, after], state)", { [role]: ci("u"), [deny]: denials("role/*") }, { [deny]: "[]" }],
  ["denials are grants", "judge-change.ts", "  const grants = isDenyList\n    ? []", "  const grants = isDenyList && taken.length > 9\n    ? []", { [role]: ci("u") }, { [role]: ci("u", ["g"]), [deny]: janeDenied }],
  ["what is removed does not wait for what is higher", "judge-change.ts", "...(removals.length > 0 ? taken : []).map", "...(removals.length > 99 ? taken : []).map", { [role]: ci("u"), [account]: ofSet("v") }, { [role]: ci("u"), [account]: ofSet("v"), [deny]: denials("role/ci") }, { [account]: ofSet("v"), [deny]: denials("role/ci") }],
  ["what is removed without a mark waits for what is higher", "judge-change.ts", "...(removals.length > 0 ? taken : []).map", "...taken.map", { [role]: ci("u") }, { [role]: ci("u"), [deny]: denials("role/ci") }, { [deny]: denials("role/ci") }],
  ["a grant waits for every denial", "judge-change.ts", "higher.filter(isOver)", "higher", { [role]: ci("u") }, { [role]: ci("u"), [deny]: denials("role/x*") }, { [role]: ci("u", ["g"]), [deny]: denials("role/x*") }],
  ["a grant does not wait for denials", "judge-change.ts", "[...denyListsFor(address, state.review), ...higherThan(address, state)];\n  const isWide", "[...higherThan(address, state)];\n  const isWide", { [role]: ci("u") }, { [role]: ci("u", ["g"]), [deny]: janeDenied }],
  ["a grant does not wait for higher values", "judge-change.ts", "[...denyListsFor(address, state.review), ...higherThan(address, state)];\n  const isWide", "[...denyListsFor(address, state.review)];\n  const isWide", { [set]: ofSet("u") }, { [set]: ofSet("u", ["g"]), [sessions]: jane("v") }],
  ["a removal does not wait for lower values", "judge-change.ts", "...(isTaken ? lowerValues(address, state) : []),", "", { [role]: ci("u"), [account]: ofSet("v") }, {}],
  ["a grant waits for lower values", "judge-change.ts", "...(isTaken ? lowerValues(address, state) : []),", "...lowerValues(address, state),", { [role]: ci("u"), [account]: ofSet("v") }, { [role]: ci("u"), [account]: ofSet("w") }, { [role]: ci("u", ["g"]), [account]: ofSet("w") }],
  ["a marked change of a list does not wait for its branch", "judge-change.ts", "...(isWide && isMarked ? branchOf(address, state) : []),", "", {}, { [pattern]: patternOf("role/*", "u"), [account]: ofSet("v") }],
  ["a marked change of one principal waits for the branch", "judge-change.ts", "isWide && isMarked ?", "isMarked ?", { [set]: ofSet("u") }, { [role]: ci("v"), [set]: ofSet("u") }, { [role]: ci("v"), [set]: ofSet("u", masters) }],
  ["a harmless change of a list waits for the branch", "judge-change.ts", "isWide && isMarked ?", "isWide ?", { [role]: ci("u", masters) }, { ...admin, [role]: ci("u", masters), [deny]: denials("role/ci") }],
  ["a list of sessions is of one principal", "judge-change.ts", 'const isWide = address.kind === "sso-session" || ', "const isWide = ", { [sessions]: janes(["u", [], july], ["v"]) }, { [sessions]: janes(["u", [], july], ["v"]), [deny]: denials("assumed-role/*/jane") }, { [sessions]: janes(["v"], ["u", [], july]), [deny]: denials("assumed-role/*/jane") }],
  ["a write waits for the last one of its parameter", "judge-change.ts", "waited !== name && state.stored", "state.stored", { [account]: ofSet("u"), [deny]: denials("role/*") }, { [account]: ofSet("u"), [deny]: denials("role/c*") }],
  ["an administrator needs no mark", "judge-change.ts", "if (admin.length > 0) {\n", "if (admin.length > 9) {\n", {}, { [role]: ci("u", ["access:cluster-admin"]) }],
  ["a name that needs care needs no mark", "judge-change.ts", "if (risk !== undefined) return", "if (risk === null) return", {}, { [role]: ci("{SessionName}:x") }],
  ["a group with a placeholder needs no mark", "judge-change.ts", 'group.includes("{")', "false", {}, { [role]: ci("u", ["x:{SessionName}"]) }],
  ["a group that equals the username needs no mark", "judge-change.ts", 'group.includes("{")', 'group.includes("{") && group !== username', {}, { [role]: ci("{SessionName}", ["{SessionName}"]) }],
  ["a username with a placeholder needs a mark", "judge-change.ts", "groups.find((group)", "[...groups, username].find((group)", { [sessions]: jane("u") }, { [sessions]: jane("{AccountID}", ["g"], july).replace("jane", "Jane"), [account]: ofSet("v") }],
  ["names are judged that no effect gives", "judge-change.ts", 'const reason = effects.has("gives")', "const reason = effects.size > 0", { [role]: ci("u", masters, pin) }, { [role]: ci("u", masters, past) }],
  ["a broad mapping needs no mark", "judge-change.ts", "if (!isOfOne(entry.kind))\n    return [mark", "if (!isOfOne(entry.kind))\n    return [] as never[] ?? [mark", {}, { [account]: ofSet("u") }],
  ["a mapping of one principal is broad", "judge-change.ts", "if (!isOfOne(entry.kind))\n    return [mark", "if (entry.kind !== 'role')\n    return [mark", { [set]: ofSet("u") }, { [set]: ofSet("u", ["g"]), [sessions]: jane("v") }],
  ["the mark of an end is not made", "judge-change.ts", 'effects.has("drops end")\n      ?', 'effects.has("takes")\n      ?', { [role]: ci("u", [], july) }, { [role]: ci("u") }],
  ["the mark of a pin is not made", "judge-change.ts", 'effects.has("drops pin")\n', 'effects.has("takes")\n', { [role]: ci("u", [], pin) }, { [role]: ci("u") }],
  ["a denied principal gets names before the denial", "judge-change.ts", "if (list !== undefined)\n", "if (list === null)\n", { [role]: ci("u") }, { [role]: ci("u", ["g"]), [deny]: janeDenied }],
  ["a denial of a session does not delay the role's names", "judge-change.ts", "isNow(higher) || (wanted.has(name) && overlaps(higher, entry))", "isNow(higher)", { [set]: ofSet("u") }, { [set]: ofSet("u", ["g"]), [sessions]: jane("v") }],
  ["a stored denial of a session is one of its role", "judge-change.ts", "(denial) => mayDeny(denial, entry)", "(denial) => overlaps(denial, entry)", { [role]: ci("u") }, { [role]: ci("u", ["g"]), [deny]: janeDenied }],
  ["a denial of its sessions is not one of a set", "entry-arns.ts", 'entry.mapping.session !== undefined ||\n', "", { [sessions]: jane("u"), [deny]: json([{ arnLike: arnOf("assumed-role/*/jane"), ...july }]) }, { [sessions]: jane("u", ["g"]), [deny]: json([{ arnLike: arnOf("assumed-role/*/jane"), ...july }]) }],
  ["a higher value that changes does not delay names", "judge-change.ts", "find(higherThan(entry, state), () => false)", "find([], () => false)", { [set]: ofSet("u") }, { [set]: ofSet("u", ["g"]), [sessions]: jane("v") }],
  ["a higher value that does not change delays names", "judge-change.ts", "find(higherThan(entry, state), () => false)", "find(higherThan(entry, state), (one) => overlaps(one, entry))", { [set]: ofSet("u") }, { [set]: ofSet("u", ["g"]), [sessions]: jane("v") }],
  ["a removal above a lower mapping needs no mark", "judge-change.ts", "...valuesIn(lower, state)], review)", "], review)", { [role]: ci("u"), [account]: ofSet("v") }, {}],
  ["a removal above an entry of its list needs no mark", "judge-change.ts", "[...others, ...valuesIn(lower", "[...valuesIn(lower", { [pattern]: json([like("role/c*", "u"), like("role/*", "v")]) }, { [pattern]: patternOf("role/*", "v") }],
  ["an entry applies instead of itself", "judge-change.ts", "entry !== old && entry !== now", "true", { [role]: ci("u"), [account]: ofSet("v") }, {}],
  ["the mark of a lifted denial names no mapping", "judge-change.ts", "mayApply(old, valuesIn(branchOf(old, state), state), review);\n  const then", "mayApply(old, [], review);\n  const then", { [account]: ofSet("u"), [deny]: denials("role/*") }, { [account]: ofSet("u"), [deny]: "[]" }],
  ["the mark of a moved pattern names nothing", "judge-change.ts", 'kind: "place", gives: [entry]', 'kind: "place", gives: []', { [pattern]: json([like("role/c*", "u"), like("role/*", "v", ["g"])]) }, { [pattern]: json([like("role/*", "v", ["g"]), like("role/c*", "u")]) }],
  ["a mark names entries that have ended", "changes.ts", "|| !isActive(entry, review) ", "", { [sessions]: jane("u"), [setRole]: ofSetRole("v") }, { [sessions]: jane("u"), [setRole]: ofSetRole("v", [], past) }, { [sessions]: "[]", [setRole]: ofSetRole("v", [], past) }],
  ["a mark names entries that cannot apply", "changes.ts", " || !overlaps(entry, scope)", "", { [sessions]: jane("u") }, { [sessions]: jane("{AccountID}", ["g"], july).replace("jane", "Jane"), [account]: ofSet("v") }],
  ["a mark names one entry of each key", "changes.ts", "entry.key, userText(entry)]", "entry.key]", { [role]: ci("x"), [pattern]: json([like("role/*", "u", [], july), like("role/*", "v")]) }, { [pattern]: json([like("role/*", "u", [], july), like("role/*", "v")]) }],
  ["a mark names denials", "changes.ts", 'entry.kind === "deny" || ', "", { [role]: ci("u"), [deny]: denials("role/*") }, { [deny]: "[]" }],
  ["a name with a placeholder is plain", "names.ts", "return !/[{}]/.test(name) && nameProblem", "return nameProblem", { [set]: ofSet("u", ["{SessionName}"]) }, { [set]: ofSet("u"), [sessions]: jane("v") }],
  ["a reserved name is plain", "names.ts", "&& nameProblem(name, reservedPrefixes) === undefined", "", { [set]: ofSet("u", ["res:g"]) }, { [set]: ofSet("u"), [sessions]: jane("v") }],
  ["system: is plain", "names.ts", '"system:", ...reservedPrefixes', "...reservedPrefixes", { [set]: ofSet("u", ["system:x"]) }, { [set]: ofSet("u"), [sessions]: jane("v") }],
  ["a name that may begin with system: needs no mark", "names.ts", "if (mayBeginWithSystem(name)) return", 'if (name === "") return', {}, { [role]: ci("{SessionName}:x") }],
  ["every name with a placeholder and a colon may begin with system:", "names.ts", 'rest.length > 0 && matchesGlob(start, "system")', "rest.length > 0", {}, { [role]: ci("x:{SessionName}") }],
  ["{AccountID} may be system", "names.ts", '.replaceAll("{AccountID}", "0")', "", {}, { [role]: ci("{AccountID}:x") }],
  ["a claim needs no mark", "names.ts", "claimPlaceholdersIn(name).length > 0", "claimPlaceholdersIn(name).length > 9", {}, { [role]: ci("t:{PrincipalTag:team}") }],
  ["sessions of one set overlap", "entry-arns.ts", "return left === right;", "return true;", { [sessions]: jane("u") }, { [sessions]: jane("{AccountID}", ["g"], july).replace("jane", "Jane"), [account]: ofSet("v") }],
  ["every denial is one of a principal", "entry-arns.ts", "{ ...entry, sessions: [] }", "entry", { [role]: ci("u") }, { [role]: ci("u", ["g"]), [deny]: janeDenied }],
  ["a list of sessions is not higher than a role", "state.ts", 'role: ofSet("sso-session"),', "role: none,", { [setRole]: ofSetRole("u") }, { [setRole]: ofSetRole("u", ["g"]), [sessions]: jane("u") }],
  ["a role is not higher than its set", "state.ts", "[] : rolesOf(address.account, set)", "[] : []", { [setRole]: ofSetRole("u"), [sessions]: "[,]" }, { [setRole]: ofSetRole("u"), [sessions]: "[]" }],
  ["a list of sessions is not higher than its set", "state.ts", 'all(rolesOfSet, ofSet("sso-session"))', "rolesOfSet", { [set]: ofSet("u") }, { [set]: ofSet("u", ["g"]), [sessions]: jane("v") }],
  ["a list of patterns is not lower than a role", "state.ts", '  mappingParameter(prefix, "pattern", account),\n', "", { [`user/${A}/alice`]: json({ arn: arn("user/alice"), username: "u" }), [pattern]: patternOf("user/ops/*", "v") }, { [pattern]: patternOf("user/ops/*", "v") }],
  ["a pattern for any is not higher than an account", "state.ts", 'namesOf("any").filter((name) => readName(prefix, name)?.kind === "account")', "[]", { "pattern/any": patternOf("role/*", "u"), [account]: ofSet("v") }, { "pattern/any": "[]", [account]: ofSet("v") }],
  ["a marked change of a list for any account waits for that list only", "state.ts", "[...namesOf(account), ...(account", '[...namesOf(account === "any" ? "none" : account), ...(account', { [role]: ci("u", ["g"]), "deny/any": denials("role/ci") }, { [role]: ci("u"), "deny/any": denials("role/ci") }, { [role]: ci("u"), "deny/any": "[]" }],
  ["a marked change of an account's list does not wait for the lists for any", "state.ts", 'account === "any" ? [] : listsForAny(prefix)', "[]", { "pattern/any": patternOf("role/*", "u", ["g"]), [deny]: denials("role/*") }, { "pattern/any": patternOf("role/*", "u"), [deny]: denials("role/*") }, { "pattern/any": patternOf("role/*", "u"), [deny]: "[]" }],
  ["only the wanted values matter", "state.ts", "return wanted.has(name) ? [now, readValue", "return wanted.has(name) ? [readValue", {}, { [account]: ofSet("u") }],
  ["only the stored values matter", "state.ts", "return wanted.has(name) ? [now, readValue(name, wanted.get(name), review)] : [now];", "return [now];", {}, { [account]: ofSet("u") }],
  ["a deferred change is written in thought", "phases.ts", "keep(all.filter(({ marks }) => marks.length === 0))", "all.filter(({ marks }) => marks.length === 0)", { [set]: ofSet("u", masters), [sessions]: json([{ session: "Jane", ...names("v") }]) }, { [sessions]: jane("u", masters) }],
  ["functions cache for 30 s", "phases.ts", "MAPPING_FOUND_MS + 5_000", "MAPPING_FOUND_MS", { [role]: ci("u"), [account]: ofSet("v") }, {}],
  ["functions cache for 60 s", "phases.ts", "MAPPING_FOUND_MS + 5_000", "MAPPING_FOUND_MS + 30_000", { [role]: ci("u"), [account]: ofSet("v") }, {}],
  ["marks depend on harmless changes that are not written", "phases.ts", "if (harmless.length === 0) return all;", "return all;", { [role]: ci("u"), [account]: ofSet("v") }, {}],
  ["lower mappings are granted first", "phases.ts", "const GROUPS = [...PLACES, ", "const GROUPS = [...PLACES.toReversed(), ", {}, { [pattern]: patternOf("role/*", "u"), [account]: ofSet("v") }],
  ["higher mappings are removed first", "phases.ts", "...PLACES.toReversed().map((place)", "...PLACES.map((place)", { [role]: ci("u"), [pattern]: patternOf("role/*", "v"), [account]: ofSet("w") }, { [pattern]: "[]", [account]: ofSet("w") }],
  ["removals are written before grants", "phases.ts", '[...PLACES, ...PLACES.toReversed().map((place) => `no ${place}`), "lift"]', '[...PLACES.toReversed().map((place) => `no ${place}`), ...PLACES, "lift"]', { [role]: ci("u"), [account]: ofSet("v") }, { [pattern]: patternOf("role/*", "w"), [account]: ofSet("v") }],
  ["denials are lifted first", "phases.ts", '`no ${place}`), "lift"]', '`no ${place}`)].toSpliced(0, 0, "lift")', { [pattern]: patternOf("role/*", "u", ["g"]), [deny]: denials("role/*") }, { [pattern]: patternOf("role/*", "v"), [deny]: "[]" }],
  ["denials are lifted before removals", "phases.ts", '...PLACES.toReversed().map((place) => `no ${place}`), "lift"]', '"lift", ...PLACES.toReversed().map((place) => `no ${place}`)]', { [role]: ci("u"), [pattern]: patternOf("role/*", "v"), [deny]: denials("role/ci") }, { [pattern]: patternOf("role/*", "v"), [deny]: "[]" }],
  ["a deny list is written once", "phases.ts", "return first === undefined\n", "return first !== null\n", { [pattern]: patternOf("role/*", "u"), [deny]: denials("user/*") }, { [pattern]: patternOf("role/*", "v"), [deny]: denials("role/*") }],
  ["an account's mapping is deleted at once", "phases.ts", "account: () => true,", "account: () => false,", { [role]: ci("u"), [account]: ofSet("v") }, {}],
  ["a mapping of a set is deleted at once", "phases.ts", 'role: (address) => setOf(address) !== undefined,\n  user: () => false,\n  root: () => false,\n  "federated-user": () => false,\n  sso: () => true', 'role: () => false,\n  user: () => false,\n  root: () => false,\n  "federated-user": () => false,\n  sso: () => true', { [sessions]: jane("u"), [setRole]: ofSetRole("v") }, { [sessions]: jane("u") }, { [sessions]: "[]" }],
  ["a mapping is deleted at once beside a denial", "phases.ts", "denyListsFor(entry, state.review).some(mayBeLifted)", "false", { [role]: ci("u"), [deny]: denials("role/*") }, { [deny]: "[]" }],
  ["every mapping is ended before it is deleted", "phases.ts", "denyListsFor(entry, state.review).some(mayBeLifted)", "true", { [role]: ci("u"), [account]: ofSet("v") }, {}],
  ["an ended mapping is deleted without waiting", "phases.ts", "[{ ...candidate, waits: [name] }]", "[{ ...candidate, waits: [] }]", { [role]: ci("u"), [account]: ofSet("v") }, {}],
  ["no administrator needs to remain", "phases.ts", "if (!keeps([]) || !keeps(changes)) return", "if (keeps([])) return", { [pattern]: patternOf("role/*", "u"), [deny]: denials("user/*") }, { [pattern]: patternOf("role/*", "v"), [deny]: denials("role/*") }],
  ["a set that an invalid list of sessions denies has administrators", "phases.ts", '"sso-session": () => true,\n    pattern: () => false,\n    account: () => false', '"sso-session": () => false,\n    pattern: () => false,\n    account: () => false', { [set]: ofSet("u", masters), [sessions]: "{", [user]: json({ arn: arn("user/alice"), ...names("v", masters) }) }, { [set]: ofSet("u", masters), [sessions]: "[]", [user]: json({ arn: arn("user/alice"), ...names("v") }) }],
  ["a list that denies no identity is repaired after grants below it", "judge-change.ts", "before.deniesNone !== true || ", "true || ", { [pattern]: "[1]", [account]: ofSet("u") }, { [pattern]: patternOf("role/*", "v"), [account]: ofSet("w") }],
  ["every list is repaired before grants below it", "judge-change.ts", "before.deniesNone !== true || ", "", { [pattern]: "{", [account]: ofSet("u") }, { [pattern]: patternOf("role/*", "v"), [account]: ofSet("w") }],
  ["a removal is a grant", "phases.ts", "return isRemoval ? `no ${place}` : place;", "return place;", { [role]: ci("u"), [account]: ofSet("v") }, { [pattern]: patternOf("role/*", "w"), [account]: ofSet("v") }],
];

/** Changes one file of the rule for the importers that have the mutant's name in their address. */
export function registerMutants(): void {
  registerHooks({
    resolve(specifier, context, next) {
      const found = next(specifier, context);
      const [, mutant] = context.parentURL?.split("?mutant=") ?? [];
      const isMutable = mutant !== undefined && isOfRule(found.url);
      return isMutable ? { ...found, url: `${found.url}?mutant=${mutant}` } : found;
    },
    load(url, context, next) {
      const loaded = next(url, context);
      const [address = "", name = ""] = url.split("?mutant=");
      const [, file, from, to] =
        MUTANTS.find(([mutant]) => mutant === decodeURIComponent(name)) ?? [];
      if (
        file === undefined ||
        from === undefined ||
        to === undefined ||
        !address.endsWith(`/${file}`)
      )
        return loaded;
      const source = String(loaded.source);
      if (source.split(from).length !== 2) throw new Error(`${file} must contain once: ${from}`);
      return { ...loaded, source: source.replace(from, () => to) };
    },
  });
}

const RULE_FILES = ["cli/model/", "functions/authenticator/mapping/kinds.ts"];

function isOfRule(url: string): boolean {
  return RULE_FILES.some((file) =>
    url.startsWith(new URL(`../../../../${file}`, import.meta.url).href),
  );
}

export async function mutated(name: string): Promise<Rule> {
  const query = `?mutant=${encodeURIComponent(name)}`;
  const [administrators, phases] = ["administrators.ts", "phases.ts"].map(
    (file) => import(`../../../../cli/model/access/${file}${query}`),
  );
  return { ...(await administrators), ...(await phases) };
}
