// Mutants of the rule: each lacks one clause, and has a plan beside it with which the proof fails without that clause.

import { registerHooks } from "node:module";
import type { State } from "./any-plan.ts";
import type { Rule } from "./prove.ts";
import { A, B, SET_ROLES } from "./universe.ts";

/**
 * The states before and after one or two commands show what it allows: access that is not named (if it is a clause that makes
 * a mark or a wait), or a mark or wait that is needless (if it is one that saves these). Names that begin with `res:` are reserved.
 */
type Mutant = readonly [name: string, file: string, from: string, to: string, ...states: State[]];

const json = (value: unknown) => JSON.stringify(value);
const arn = (resource: string, of = A) => `arn:aws:iam::${of}:${resource}`;
const [role, user, set, sessions] = [`role/${A}/ci`, `user/${A}/alice`, `sso/${A}/view`, `sso-session/${A}/view`];
const [account, pattern, deny] = [`account/${A}`, `pattern/${A}`, `deny/${A}`];
const setRole = `role/${A}/${SET_ROLES[0]?.toLowerCase()}`;
type Names = [username: string, groups?: readonly string[], more?: object];
const names = (username: string, groups: readonly string[] = [], more: object = {}) => ({ username, groups, ...more });
const ci = (...given: Names) => json({ arn: arn("role/ci"), ...names(...given) });
const ofSet = (...given: Names) => json(names(...given));
const ofSetRole = (...given: Names) => json({ arn: arn(`role/${SET_ROLES[0]}`), ...names(...given) });
const jane = (...given: Names) => json([{ session: "jane", ...names(...given) }]);
const like = (resource: string, ...given: Names) => ({ arnLike: arn(resource), ...names(...given) });
const one = (...given: Parameters<typeof like>) => json([like(...given)]);
const arnOf = (resource: string) => (resource.startsWith("assumed") ? `arn:aws:sts::${A}:${resource}` : arn(resource));
const denials = (...resources: readonly string[]) => json(resources.map((resource) => ({ arnLike: arnOf(resource) })));
const ends = ["2020-01-01", "2026-07-01", "2026-08-01"].map((day) => ({ notAfter: `${day}T00:00:00Z` }));
const [past, july, august] = ends;
const janeDenied = denials("assumed-role/ci/jane");
const admin = { [`root/${A}`]: json({ arn: arn("root"), username: "root", groups: ["system:masters"] }) };

export const MUTANTS: readonly Mutant[] = [
  // entries.ts
  [
    "a user has the path of its mapping",
    "entries.ts",
    "[iam(`user/${name}`), iam(`user/*/${name}`)]",
    "[iam(`user/${name}`)]",
    { [user]: json({ arn: arn("user/alice"), username: "u" }), [pattern]: one("user/ops/*", "v") },
    { [pattern]: one("user/ops/*", "v") },
  ],
  [
    "a denial of a user with a path covers one path only",
    "entries.ts",
    'kind === "deny" ? withoutPath(arnLike) : arnLike;',
    "arnLike;",
    { [account]: ofSet("u"), [deny]: denials("user/ops/alice") },
    { [account]: ofSet("u"), [deny]: denials("user/ops/*") },
  ],
  [
    "the mark of a lifted denial of sessions names no pattern",
    "entries.ts",
    'globsOverlap(resource, "role/*")',
    "false",
    { [pattern]: one("role/c*", "u"), [deny]: janeDenied },
    { [pattern]: one("role/c*", "u"), [deny]: "[]" },
  ],
  [
    "an entry never ends",
    "entries.ts",
    "return end > now;",
    "return true;",
    { [role]: ci("u", [], past), [account]: ofSet("v") },
    { [account]: ofSet("v") },
  ],
  [
    "an invalid value denies nobody",
    "entries.ts",
    "return problem !== undefined || entries",
    "return entries",
    { [set]: ofSet("u"), [sessions]: "[,]" },
    { [set]: ofSet("u", ["g"]), [sessions]: "[,]" },
  ],
  ["federated users ignore case", "entries.ts", 'kind === "federated-user" ? arn : pattern', "pattern"],
  ["the value of another principal is valid", "entries.ts", "own.length < valid.length ?", "own.length < 0 ?"],
  ["invalid deny lists have entries", "entries.ts", 'entries: kind === "deny" ? [] : entries', "entries"],
  // entry-changes.ts
  ["another username is no change", "entry-changes.ts", 'username: () => ["gives"]', "username: NOTHING"],
  ["another group is no change", "entry-changes.ts", "beyond(now, old).length === 0 && ", ""],
  [
    "losing a group is a change",
    "entry-changes.ts",
    'beyond(old, now).every((group) => isPlain(group, context)) ? [] : ["gives"]',
    'beyond(old, now).length === 0 ? [] : ["gives"]',
  ],
  [
    "a group that is rejected may be lost",
    "entry-changes.ts",
    "every((group) => isPlain(group, context))",
    "every(() => true)",
  ],
  [
    "a later end is no change",
    "entry-changes.ts",
    'Number.POSITIVE_INFINITY ? ["gives", "drops end"] : ["gives"]',
    'Number.POSITIVE_INFINITY ? ["gives", "drops end"] : []',
  ],
  ["an end may be dropped", "entry-changes.ts", '? ["gives", "drops end"] : ["gives"]', '? ["gives"] : ["gives"]'],
  [
    "a later end drops it",
    "entry-changes.ts",
    '? ["gives", "drops end"] : ["gives"]',
    '? ["gives", "drops end"] : ["gives", "drops end"]',
  ],
  ["an earlier end is no change", "entry-changes.ts", 'now.end < old.end ? ["takes"] : []', "[]"],
  ["a new end always takes", "entry-changes.ts", 'now.end < old.end ? ["takes"] : []', '["takes"]'],
  ["a pin may be dropped", "entry-changes.ts", '["gives", "drops pin"]', "[]"],
  [
    "a pin that is added gives",
    "entry-changes.ts",
    'mapping.principalId === undefined ? [] : ["gives", "drops pin"]',
    '["gives", "drops pin"]',
  ],
  ["a description gives", "entry-changes.ts", "description: NOTHING", 'description: () => ["gives"]'],
  ["another spelling gives", "entry-changes.ts", "  arn: NOTHING", '  arn: () => ["gives"]'],
  ["the spelling of a pattern gives", "entry-changes.ts", "  arnLike: NOTHING", '  arnLike: () => ["gives"]'],
  ["an ended entry gives", "entry-changes.ts", "{ gives: is, takes: was,", "{ gives: true, takes: was,"],
  ["an ended entry takes", "entry-changes.ts", "{ gives: is, takes: was,", "{ gives: is, takes: true,"],
  [
    "an ended entry has no end or pin to drop",
    "entry-changes.ts",
    '"drops end": true, "drops pin": true',
    '"drops end": was, "drops pin": was',
  ],
  ["an entry that is added gives nothing", "entry-changes.ts", "(is && !was ?", "(false ?"],
  ["an entry that is removed takes nothing", "entry-changes.ts", "was && now === undefined ?", "false ?"],
  [
    "an entry that has ended and is removed takes",
    "entry-changes.ts",
    "was && now === undefined ?",
    "old && now === undefined ?",
  ],
  ["the first of two denials counts", "entry-changes.ts", "toSorted((a, b) => b.end - a.end)[0]", "[0]"],
  [
    "the same mappings of a session are compared",
    "entry-changes.ts",
    "some.filter(({ mapping }) => !others.some((other) => isDeepStrictEqual(other.mapping, mapping)))",
    "some.slice()",
  ],
  ["a second mapping of a session drops no end", "entry-changes.ts", "left[index] ?? longest(old)", "left[index]"],
  [
    "one of two mappings of a session may be removed",
    "entry-changes.ts",
    "left.slice(right.length).map",
    "left.slice(9).map",
  ],
  [
    "a pattern may be moved",
    "entry-changes.ts",
    "return passed === undefined ? []",
    "return passed !== undefined ? []",
  ],
  ["patterns that do not overlap are moved", "entry-changes.ts", " && overlaps(other.entry, entry));", ");"],
  [
    "ended patterns are moved",
    "entry-changes.ts",
    "after.filter((entry) => isActive(entry, context)).map",
    "after.map",
  ],
  ["a new pattern may be anywhere", "entry-changes.ts", "other.was >= 0 && ", ""],
  ["equal mappings have the place of the first", "entry-changes.ts", "return same < 0 ?", "return true ?"],
  // judge.ts
  [
    "an invalid value is changed without a mark",
    "judge.ts",
    "  if (problem !== undefined) {",
    "  if (problem === null) {",
  ],
  [
    "the new value of an invalid one is not named",
    "judge.ts",
    "mayApply(whole, [after, ...valuesIn(others, state)], context)",
    "mayApply(whole, valuesIn(others, state), context)",
  ],
  [
    "the mark of an invalid value names no lower mapping",
    "judge.ts",
    "mayApply(whole, [after, ...valuesIn(others, state)], context)",
    "mayApply(whole, [after], context)",
  ],
  [
    "the mark of an invalid deny list names no mapping",
    "judge.ts",
    'whole.kind === "deny" ? branchOf(whole, state) : lowerValues',
    "lowerValues",
  ],
  [
    "a list of sessions is not higher than the roles of its set",
    "judge.ts",
    '(address.kind === "sso-session" ? higherThan(address, state) : [])',
    "[]",
  ],
  [
    "lifted denials are removals",
    "judge.ts",
    "isDenyList ? liftMark(change, state) : removalMark(change, [before, after], state)",
    "removalMark(change, [before, after], state)",
  ],
  [
    "denials are grants",
    "judge.ts",
    "  const grants = isDenyList\n    ? []",
    "  const grants = isDenyList && taken.length > 9\n    ? []",
  ],
  [
    "what is removed does not wait for what is higher",
    "judge.ts",
    "...(removals.length > 0 ? taken : []).map",
    "...(removals.length > 99 ? taken : []).map",
  ],
  [
    "what is removed without a mark waits for what is higher",
    "judge.ts",
    "...(removals.length > 0 ? taken : []).map",
    "...taken.map",
  ],
  ["a grant waits for every denial", "judge.ts", "higher.filter(isOver)", "higher"],
  [
    "a grant does not wait for denials",
    "judge.ts",
    "[...denyListsFor(address, state.context), ...higherThan(address, state)];\n  const isWide",
    "[...higherThan(address, state)];\n  const isWide",
  ],
  [
    "a grant does not wait for higher values",
    "judge.ts",
    "[...denyListsFor(address, state.context), ...higherThan(address, state)];\n  const isWide",
    "[...denyListsFor(address, state.context)];\n  const isWide",
  ],
  ["a removal does not wait for lower values", "judge.ts", "...(isTaken ? lowerValues(address, state) : []),", ""],
  [
    "a grant waits for lower values",
    "judge.ts",
    "...(isTaken ? lowerValues(address, state) : []),",
    "...lowerValues(address, state),",
  ],
  [
    "a marked change of a list does not wait for its branch",
    "judge.ts",
    "...(isWide && isMarked ? branchOf(address, state) : []),",
    "",
  ],
  ["a marked change of one principal waits for the branch", "judge.ts", "isWide && isMarked ?", "isMarked ?"],
  ["a harmless change of a list waits for the branch", "judge.ts", "isWide && isMarked ?", "isWide ?"],
  [
    "a list of sessions is of one principal",
    "judge.ts",
    'const isWide = address.kind === "sso-session" || ',
    "const isWide = ",
  ],
  ["a write waits for the last one of its parameter", "judge.ts", "one !== name && state.stored", "state.stored"],
  ["an administrator needs no mark", "judge.ts", "if (admin.length > 0) return", "if (admin.length > 9) return"],
  ["a name that needs care needs no mark", "judge.ts", "if (risk !== undefined) return", "if (risk === null) return"],
  ["a group with a placeholder needs no mark", "judge.ts", 'name !== username && name.includes("{")', "false"],
  [
    "a username with a placeholder needs a mark",
    "judge.ts",
    'name !== username && name.includes("{")',
    'name.includes("{")',
  ],
  [
    "names are judged that no effect gives",
    "judge.ts",
    'effects.has("gives") ? (riskOf',
    "(effects.size > 0) ? (riskOf",
  ],
  [
    "a broad mapping needs no mark",
    "judge.ts",
    "if (!isOfOnePrincipal(entry))\n    return [mark",
    "if (!isOfOnePrincipal(entry))\n    return [] as never[] ?? [mark",
  ],
  [
    "a mapping of one principal is broad",
    "judge.ts",
    "if (!isOfOnePrincipal(entry))\n    return [mark",
    "if (entry.kind !== 'role')\n    return [mark",
  ],
  ["the mark of an end is not made", "judge.ts", 'effects.has("drops end") ? [mark', 'effects.has("takes") ? [mark'],
  ["the mark of a pin is not made", "judge.ts", 'effects.has("drops pin")\n', 'effects.has("takes")\n'],
  [
    "a denied principal gets names before the denial",
    "judge.ts",
    "if (list !== undefined) return",
    "if (list === null) return",
  ],
  [
    "a denial of a session does not delay the role's names",
    "judge.ts",
    "isNow(one) || (wanted.has(name) && overlaps(one, entry))",
    "isNow(one)",
  ],
  [
    "a stored denial of a session is one of its role",
    "judge.ts",
    "(denial) => mayDeny(denial, entry)",
    "(denial) => overlaps(denial, entry)",
  ],
  ["a denial of its sessions is not one of a set", "overlap.ts", 'entry.kind === "sso-session" || ', ""],
  [
    "a higher value that changes does not delay names",
    "judge.ts",
    "find(higherThan(entry, state), () => false)",
    "find([], () => false)",
  ],
  [
    "a higher value that does not change delays names",
    "judge.ts",
    "find(higherThan(entry, state), () => false)",
    "find(higherThan(entry, state), (one) => overlaps(one, entry))",
  ],
  [
    "a removal above a lower mapping needs no mark",
    "judge.ts",
    "...valuesIn(lowerValues(old, state), state)], context)",
    "], context)",
  ],
  [
    "a removal above an entry of its list needs no mark",
    "judge.ts",
    "[...others, ...valuesIn(lower",
    "[...valuesIn(lower",
  ],
  ["an entry applies instead of itself", "judge.ts", "one !== old && one !== now", "true"],
  [
    "the mark of a lifted denial names no mapping",
    "judge.ts",
    "mayApply(old, valuesIn(branchOf(old, state), state), context);\n  const then",
    "mayApply(old, [], context);\n  const then",
  ],
  [
    "the mark of a moved pattern names nothing",
    "judge.ts",
    'kind: "place", gives: [entry]',
    'kind: "place", gives: []',
  ],
  // marks.ts
  ["a mark names entries that have ended", "marks.ts", "|| !isActive(one, context) ", ""],
  ["a mark names entries that cannot apply", "marks.ts", " || !overlaps(one, scope)", ""],
  ["a mark names one entry of each key", "marks.ts", "one.key, userText(one)]", "one.key]"],
  ["a mark names denials", "marks.ts", 'one.kind === "deny" || ', ""],
  [
    "other names of the same entry are accepted",
    "marks.ts",
    "mark.gives.every((one) => names.has(userText(one)))",
    "true",
  ],
  // names.ts
  ["a name with a placeholder is plain", "names.ts", "return !/[{}]/.test(name) && nameProblem", "return nameProblem"],
  ["a reserved name is plain", "names.ts", "&& nameProblem(name, reservedPrefixes) === undefined", ""],
  ["system: is plain", "names.ts", ' && !name.startsWith("system:")', ""],
  [
    "a name that begins with system: needs no mark",
    "names.ts",
    'if (name.startsWith("system:")) return',
    'if (name === "") return',
  ],
  [
    "a name that may begin with system: needs no mark",
    "names.ts",
    "if (mayBeginWithSystem(name)) return",
    'if (name === "") return',
  ],
  [
    "every name with a placeholder and a colon may begin with system:",
    "names.ts",
    'rest.length > 0 && matchesGlob(start, "system")',
    "rest.length > 0",
  ],
  ["{AccountID} may be system", "names.ts", '.replaceAll("{AccountID}", "0")', ""],
  ["a claim needs no mark", "names.ts", "claimPlaceholdersIn(name).length > 0", "claimPlaceholdersIn(name).length > 9"],
  // overlap.ts
  ["sessions of one set overlap", "overlap.ts", "return left === right;", "return true;"],
  ["every denial is one of a principal", "overlap.ts", "{ ...entry, sessions: [] }", "entry"],
  // precedence.ts
  [
    "a list of sessions is not higher than a role",
    "precedence.ts",
    'if (kind === "role") return [sessions];',
    'if (kind === "role") return [];',
  ],
  ["a role is not higher than its set", "precedence.ts", "return [...rolesOf(account, set), ", "return ["],
  ["a list of sessions is not higher than its set", "precedence.ts", '(kind === "sso" ? [sessions] : [])', "[]"],
  [
    "a list of patterns is not lower than a role",
    "precedence.ts",
    '    mappingParameter(prefix, "pattern", account),\n',
    "",
  ],
  [
    "a pattern for any is not higher than an account",
    "precedence.ts",
    'namesOf("any").filter((name) => name.startsWith(`${prefix}/account/`))',
    "[]",
  ],
  [
    "a marked change of a list for any account waits for that list only",
    "precedence.ts",
    "return [...namesOf(account), ...ofAny];",
    'return [...namesOf(account === "any" ? "none" : account), ...ofAny];',
  ],
  [
    "a marked change of an account's list does not wait for the lists for any",
    "precedence.ts",
    "return [...namesOf(account), ...ofAny];",
    "return namesOf(account);",
  ],
  // plan-state.ts
  [
    "only the wanted values matter",
    "plan-state.ts",
    "return wanted.has(name) ? [now, readValue",
    "return wanted.has(name) ? [readValue",
  ],
  [
    "only the stored values matter",
    "plan-state.ts",
    "return wanted.has(name) ? [now, readValue(name, wanted.get(name), context)] : [now];",
    "return [now];",
  ],
  // phases.ts
  ["functions cache for 30 s", "phases.ts", "MAPPING_FOUND_MS + 5_000", "MAPPING_FOUND_MS"],
  ["functions cache for 60 s", "phases.ts", "MAPPING_FOUND_MS + 5_000", "MAPPING_FOUND_MS + 30_000"],
  [
    "marks depend on harmless changes that are not written",
    "phases.ts",
    "if (harmless.length === 0) return all;",
    "return all;",
  ],
  [
    "harmless changes wait for others",
    "phases.ts",
    "    yield harmless.filter((one) => recent(one).length === 0);\n",
    "",
  ],
  ["marked changes are written before harmless ones", "phases.ts", "    yield harmless;\n", ""],
  [
    "denials are written after other harmless changes",
    "phases.ts",
    "Number(isDenial(b)) - Number(isDenial(a))",
    "Number(isDenial(a)) - Number(isDenial(b))",
  ],
  [
    "what is harmless later is written now",
    "phases.ts",
    "marks.length > 0 && consented.has(write.name)",
    "marks.length > 0",
  ],
  [
    "lower mappings are granted first",
    "phases.ts",
    "const GROUPS = [...PLACES, ",
    "const GROUPS = [...PLACES.toReversed(), ",
  ],
  ["higher mappings are removed first", "phases.ts", "...PLACES.toReversed().map((place)", "...PLACES.map((place)"],
  [
    "removals are written before grants",
    "phases.ts",
    '[...PLACES, ...PLACES.toReversed().map((place) => `no ${place}`), "lift"]',
    '[...PLACES.toReversed().map((place) => `no ${place}`), ...PLACES, "lift"]',
  ],
  ["denials are lifted first", "phases.ts", '`no ${place}`), "lift"]', '`no ${place}`)].toSpliced(0, 0, "lift")'],
  [
    "denials are lifted before removals",
    "phases.ts",
    '...PLACES.toReversed().map((place) => `no ${place}`), "lift"]',
    '"lift", ...PLACES.toReversed().map((place) => `no ${place}`)]',
  ],
  ["a deny list is written once", "phases.ts", "return first === undefined\n", "return first !== null\n"],
  ["an account's mapping is deleted at once", "phases.ts", 'entry.kind === "account" || ', ""],
  ["a mapping of a set is deleted at once", "phases.ts", "|| setOf(entry) !== undefined", ""],
  [
    "a mapping is deleted at once beside a denial",
    "phases.ts",
    "denyListsFor(entry, state.context).some(mayBeLifted)",
    "false",
  ],
  [
    "every mapping is ended before it is deleted",
    "phases.ts",
    "denyListsFor(entry, state.context).some(mayBeLifted)",
    "true",
  ],
  [
    "an ended mapping is deleted without waiting",
    "phases.ts",
    "[{ ...whole, waits: [name] }]",
    "[{ ...whole, waits: [] }]",
  ],
  [
    "no administrator needs to remain",
    "phases.ts",
    "if (!keeps([]) || !keeps(changes)) return",
    "if (keeps([])) return",
  ],
  ["a removal is a grant", "phases.ts", "return isRemoval ? `no ${place}` : place;", "return place;"],
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
      const [, file, from, to] = MUTANTS.find(([mutant]) => mutant === decodeURIComponent(name)) ?? [];
      if (file === undefined || from === undefined || to === undefined || !address.endsWith(`/${file}`)) return loaded;
      const source = String(loaded.source);
      if (source.split(from).length !== 2) throw new Error(`${file} must contain once: ${from}`);
      return { ...loaded, source: source.replace(from, () => to) };
    },
  });
}

function isOfRule(url: string): boolean {
  return url.startsWith(new URL("../../../../cli/access", import.meta.url).href);
}

/** The rule with a mutant. */
export async function mutated(name: string): Promise<Rule> {
  const query = `?mutant=${encodeURIComponent(name)}`;
  const [administrators, phases] = ["administrators.ts", "phases.ts"].map(
    (file) => import(`../../../cli/access/${file}${query}`),
  );
  return { ...(await administrators), ...(await phases) };
}
