// Mutants of the rule: each lacks one clause, and has a plan with which the proof fails without that clause.

import { registerHooks } from "node:module";
import type { State } from "./any-plan.ts";
import type { Rule } from "./prove.ts";
import { A, SET_ROLES } from "./universe.ts";

export interface Mutant {
  readonly change: readonly [file: string, from: string, to: string];
  /** The states before and after one or two commands. Names that begin with `res:` are reserved. */
  readonly states: readonly State[];
}

const json = (value: unknown) => JSON.stringify(value);
const arn = (resource: string, of = A) => `arn:aws:iam::${of}:${resource}`;
const [role, set, sessions] = [`role/${A}/ci`, `sso/${A}/view`, `sso-session/${A}/view`];
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

export const MUTANTS: Readonly<Record<string, Mutant>> = {
  "an invalid value is changed without a mark": {
    change: ["judge-change.ts", "    problem !== undefined\n", "    false\n"],
    states: [
      { [account]: ofSet("u"), [deny]: "{" },
      { [account]: ofSet("u"), [deny]: "[]" },
    ],
  },
  "the mark of an invalid value names no lower mapping": {
    change: ["judge-change.ts", "const denied = [...lower, ", "const denied = ["],
    states: [{ [setRole]: "{", [sessions]: jane("v").replace(/]$/, ",1]") }, { [sessions]: "[]" }],
  },
  "the mark of an invalid list of sessions names no role of its set": {
    change: ["judge-change.ts", '(address.kind === "sso-session" ? higher : [])', "[]"],
    states: [
      { [setRole]: ofSetRole("u"), [sessions]: "[,]" },
      { [setRole]: ofSetRole("u"), [sessions]: "[]" },
    ],
  },
  "the mark of an invalid deny list names no mapping": {
    change: ["judge-change.ts", 'address.kind === "deny" ? branchOf(address, state) : denied', "denied"],
    states: [
      { [role]: ci("u"), [deny]: "{" },
      { [role]: ci("u"), [deny]: "[]" },
    ],
  },
  "the mark of a lifted denial names no mapping": {
    change: ["lifts.ts", "valuesIn(branchOf(denial, state), state)", "[]"],
    states: [
      { [account]: ofSet("u"), [deny]: denials("role/*") },
      { [account]: ofSet("u"), [deny]: "[]" },
    ],
  },
  "the mark of a lifted denial of sessions names no pattern": {
    change: ["entries.ts", 'globsOverlap(resource, "role/*")', "false"],
    states: [
      { [pattern]: one("role/c*", "u"), [deny]: janeDenied },
      { [pattern]: one("role/c*", "u"), [deny]: "[]" },
    ],
  },
  "the mark of a moved pattern does not name the pattern that it passes": {
    change: ["judge-change.ts", "mayApply(entry, [after], context)", "[]"],
    states: [
      { [pattern]: json([like("role/c*", "u"), like("role/*", "v", ["g"])]) },
      { [pattern]: json([like("role/*", "v", ["g"]), like("role/c*", "u")]) },
    ],
  },
  "a denial of a user with a path covers one path only": {
    change: ["entries.ts", 'kind === "deny" ? withoutPath(arnLike) : arnLike;', "arnLike;"],
    states: [
      { [account]: ofSet("u"), [deny]: denials("user/ops/alice") },
      { [account]: ofSet("u"), [deny]: denials("user/ops/*") },
    ],
  },
  "a denial may end earlier": {
    change: ["lifts.ts", "other.end >= denial.end && ", ""],
    states: [
      { [account]: ofSet("u"), [deny]: denials("role/*") },
      { [account]: ofSet("u"), [deny]: json([{ arnLike: arn("role/*"), ...july }]) },
    ],
  },
  "a denial may become narrower": {
    change: ["lifts.ts", "covers(other, denial)", "covers(denial, other)"],
    states: [
      { [account]: ofSet("u"), [deny]: denials("role/*") },
      { [account]: ofSet("u"), [deny]: denials("role/c*") },
    ],
  },
  "an administrator needs no mark": {
    change: ["grants.ts", "if (admin.length > 0) return", "if (admin.length > 9) return"],
    states: [{}, { [role]: ci("u", ["access:cluster-admin"]) }],
  },
  "a reserved name needs no mark": {
    change: [
      "names.ts",
      'return rest.length > 0 && matchesGlob(start, "system");',
      'return rest.length > 0 && start === "system";',
    ],
    states: [{}, { [role]: ci("{SessionName}:x") }],
  },
  "a claim needs no mark": {
    change: ["names.ts", "claimPlaceholdersIn(name).length > 0", "claimPlaceholdersIn(name).length > 9"],
    states: [{}, { [role]: ci("t:{PrincipalTag:team}") }],
  },
  "a group with a placeholder needs no mark": {
    change: ["grants.ts", '&& name.includes("{")', '&& name.includes("{{")'],
    states: [{}, { [role]: ci("u", ["x:{SessionName}"]) }],
  },
  "a mapping may lose its end": {
    change: ["grants.ts", "entry.end === Number.POSITIVE_INFINITY", "entry.end === 0"],
    states: [{ [role]: ci("u", [], july) }, { [role]: ci("u") }],
  },
  "a second entry for a session may drop the end of the first": {
    change: ["entry-changes.ts", " ?? before.find(isSame)", ""],
    states: [
      { [sessions]: jane("u", [], july) },
      { [sessions]: jane("w", [], july).replace(/]$/, `,${jane("v").slice(1)}`) },
    ],
  },
  "a mapping may lose its pin": {
    change: [
      "grants.ts",
      "return principalId !== undefined && mapping.principalId !== principalId;",
      "return principalId !== mapping.principalId && mapping.principalId === 0;",
    ],
    states: [{ [role]: ci("u", [], { principalId: "AROAPINNED" }) }, { [role]: ci("u") }],
  },
  "all names are new only if the mapping is added": {
    change: ["grants.ts", "    entry.end > old.end ||\n", ""],
    states: [{ [role]: ci("u", ["system:masters"], july) }, { [role]: ci("u", ["system:masters"], august) }],
  },
  "another username does not make the groups new": {
    change: ["grants.ts", "    username !== old.mapping.username ||\n", ""],
    states: [{ [role]: ci("u", ["system:masters"]) }, { [role]: ci("v", ["system:masters"]) }],
  },
  "a group that is rejected may be lost": {
    change: ["grants.ts", "some((group) => !isPlain(group, context))", "some(() => false)"],
    states: [{ [pattern]: one("role/*", "u", ["res:g"]) }, { [pattern]: one("role/*", "u") }],
  },
  "a denied principal gets names before the denial": {
    change: ["grants.ts", 'return { kind: "denied", text', 'return undefined as never; return { kind: "denied", text'],
    // The denial of the only administrator is deferred until there is another one.
    states: [
      { [role]: ci("u", ["system:masters"]) },
      { ...admin, [role]: ci("u", ["system:masters", "g"]), [deny]: denials("role/ci") },
    ],
  },
  "a denial of a session does not delay the role's names": {
    change: ["grants.ts", "wanted.has(name) ? overlaps(one, entry) : isNow(one)", "isNow(one)"],
    states: [{ [role]: ci("u") }, { [role]: ci("u", ["g"]), [deny]: janeDenied }],
  },
  "a higher value that changes does not delay names": {
    change: ["grants.ts", "find(higherThan(entry, state), () => false)", "find([], () => false)"],
    states: [{ [set]: ofSet("u") }, { [set]: ofSet("u", ["g"]), [sessions]: jane("v") }],
  },
  "a list of sessions is not higher than the roles": {
    change: ["precedence.ts", 'if (kind === "role") return [sessions];', 'if (kind === "role") return [];'],
    states: [{ [setRole]: ofSetRole("u") }, { [setRole]: ofSetRole("u", ["g"]), [sessions]: jane("u") }],
  },
  "a session's group is the set's, whenever that ends": {
    change: ["grants.ts", "set === undefined || set.end < end", "set === undefined"],
    states: [
      { [set]: ofSet("u", ["system:masters"], july) },
      { [set]: ofSet("u", ["system:masters"], july), [sessions]: jane("u", ["system:masters"]) },
    ],
  },
  "a session's group is the set's, even if the set's names are rejected": {
    change: ["grants.ts", "groups.every((one) => isPlain(one, context))", "groups.every(() => true)"],
    states: [
      { [set]: ofSet("u", ["system:masters", "res:g"]) },
      { [set]: ofSet("u", ["system:masters", "res:g"]), [sessions]: jane("u", ["system:masters"]) },
    ],
  },
  "a broad mapping needs no mark": {
    change: ["grants.ts", "return names === undefined\n", "return names !== undefined\n"],
    states: [{}, { [account]: ofSet("u") }],
  },
  "a pattern may be replaced by another one": {
    change: ["entry-changes.ts", "&& covers(wide, narrow)", ""],
    states: [{ [pattern]: one("role/c*", "u") }, { [pattern]: one("role/*", "u") }],
  },
  "a pattern may pass one that overlaps it": {
    change: ["entry-changes.ts", "other.was > was && overlaps(other.old, old)", "other.was > was && other.old === old"],
    states: [
      { [pattern]: json([like("role/c*", "u"), like("role/*", "v", ["g"])]) },
      { [pattern]: json([like("role/*", "v", ["g"]), like("role/c*", "u")]) },
    ],
  },
  "a lower mapping may have another username": {
    change: ["names.ts", "    to.username === from.username &&\n", ""],
    states: [{ [role]: ci("u"), [account]: ofSet("v") }, { [account]: ofSet("v") }],
  },
  "a lower mapping may have other groups": {
    change: ["names.ts", "groupsBeyond(to, from).length === 0", "groupsBeyond(to, from).length >= 0"],
    states: [{ [role]: ci("u"), [account]: ofSet("u", ["g"]) }, { [account]: ofSet("u", ["g"]) }],
  },
  "a lower mapping may lack a group that is rejected": {
    change: ["names.ts", "every((group) => isPlain(group, context))", "every(() => true)"],
    states: [{ [role]: ci("u", ["res:g"]), [account]: ofSet("u") }, { [account]: ofSet("u") }],
  },
  "a mapping that ends earlier needs no mark": {
    change: ["judge-change.ts", " || entry.end < old.end", ""],
    states: [
      { [role]: ci("u"), [account]: ofSet("u", ["g"]) },
      { [role]: ci("u", [], july), [account]: ofSet("u", ["g"]) },
    ],
  },
  "the identities that a narrower pattern loses need no mark": {
    change: ["judge-change.ts", " || entry.key !== old.key;", ";"],
    states: [
      { [pattern]: one("role/*", "u"), [account]: ofSet("v") },
      { [pattern]: one("role/c*", "u"), [account]: ofSet("v") },
    ],
  },
  "a pinned mapping may be removed above one with its names": {
    change: ["judge-change.ts", "old.mapping.principalId !== undefined || ", ""],
    states: [{ [role]: ci("u", [], { principalId: "AROAPINNED" }), [account]: ofSet("u") }, { [account]: ofSet("u") }],
  },
  "a federated user's mapping may be removed above one with its names": {
    change: ["judge-change.ts", ' || old.kind === "federated-user";', ";"],
    states: [
      {
        [`federated-user/${A}/fred`]: json({ arn: `arn:aws:sts::${A}:federated-user/Fred`, username: "u" }),
        [account]: json({ username: "u" }),
      },
      { [account]: json({ username: "u" }) },
    ],
  },
  "the last session may be removed above its set": {
    change: ["judge-change.ts", "const allowsNone = isLast || ", "const allowsNone = "],
    states: [
      { [sessions]: jane("u"), [set]: ofSet("u") },
      { [sessions]: "[]", [set]: ofSet("u") },
    ],
  },
  "the last session may be removed beside a role's mapping": {
    change: ["judge-change.ts", "...(isLast ? higherThan(old, state) : [])", ""],
    states: [
      { [sessions]: jane("u"), [setRole]: ofSetRole("v") },
      { [sessions]: "[]", [setRole]: ofSetRole("v") },
    ],
  },
  "a later entry of the list is not a lower mapping": {
    change: ["judge-change.ts", "{ entries: laterInList(step, comparison) }, ", ""],
    states: [{ [pattern]: json([like("role/c*", "u"), like("role/*", "v")]) }, { [pattern]: one("role/*", "v") }],
  },
  "a user has the path of its mapping": {
    change: ["entries.ts", "[iam(`user/${name}`), iam(`user/*/${name}`)]", "[iam(`user/${name}`)]"],
    states: [
      {
        [`user/${A}/alice`]: json({ arn: arn("user/alice"), username: "u" }),
        [pattern]: one("user/ops/*", "v"),
      },
      { [pattern]: one("user/ops/*", "v") },
    ],
  },
  "only the wanted values of lower parameters matter": {
    change: ["plan-state.ts", "return wanted.has(name) ? [now, readValue", "return wanted.has(name) ? [readValue"],
    states: [{ [role]: ci("u"), [account]: ofSet("v") }, {}],
  },
  "a grant does not wait for denials": {
    change: [
      "judge-change.ts",
      "[...denyListsFor(address, context), ...higher].filter(mayPrecede)",
      "higher.filter(mayPrecede)",
    ],
    states: [
      { [role]: ci("u") },
      { [role]: ci("u"), [deny]: janeDenied },
      { [role]: ci("u", ["g"]), [deny]: janeDenied },
    ],
  },
  "a grant does not wait for higher values": {
    change: [
      "judge-change.ts",
      "[...denyListsFor(address, context), ...higher].filter(mayPrecede)",
      "[...denyListsFor(address, context)].filter(mayPrecede)",
    ],
    states: [
      { [set]: ofSet("u") },
      { [set]: ofSet("u"), [sessions]: jane("v") },
      { [set]: ofSet("u", ["g"]), [sessions]: jane("v") },
    ],
  },
  "a removal does not wait for lower values": {
    change: ["judge-change.ts", "...(removed.length > 0 ? lowerThan(address, state) : []),", ""],
    states: [
      { [role]: ci("u"), [pattern]: one("role/*", "v") },
      { [role]: ci("u"), [pattern]: "[]" },
      { [pattern]: "[]" },
    ],
  },
  "the removal of the last session does not wait for the set's roles": {
    change: ["judge-change.ts", "...(isLast ? higher : []),", ""],
    states: [
      { [sessions]: jane("u"), [setRole]: ofSetRole("v") },
      { [sessions]: jane("u"), [setRole]: ofSetRole("v", [], past) },
      { [sessions]: "[]", [setRole]: ofSetRole("v", [], past) },
    ],
  },
  "a marked change of a list does not wait for its branch": {
    change: ["judge-change.ts", "...(isWide ? branchOf(address, state) : [])", ""],
    states: [
      { [role]: ci("u", ["g"]), [deny]: denials("role/ci") },
      { [role]: ci("u"), [deny]: denials("role/ci") },
      { [role]: ci("u"), [deny]: "[]" },
    ],
  },
  "a marked change of a list for any account waits for that list only": {
    change: [
      "precedence.ts",
      "return [...namesOf(account), ...ofAny];",
      'return [...namesOf(account === "any" ? "none" : account), ...ofAny];',
    ],
    states: [
      { [role]: ci("u", ["g"]), "deny/any": denials("role/ci") },
      { [role]: ci("u"), "deny/any": denials("role/ci") },
      { [role]: ci("u"), "deny/any": "[]" },
    ],
  },
  "a marked change of an account's list does not wait for the lists for any": {
    change: ["precedence.ts", "return [...namesOf(account), ...ofAny];", "return namesOf(account);"],
    states: [
      { "pattern/any": one("role/*", "u", ["g"]), [deny]: denials("role/*") },
      { "pattern/any": one("role/*", "u"), [deny]: denials("role/*") },
      { "pattern/any": one("role/*", "u"), [deny]: "[]" },
    ],
  },
  "an account's mapping is deleted at once": {
    change: ["phases.ts", 'entry.kind === "account" || (', "("],
    states: [{ [role]: ci("u"), [account]: ofSet("v") }, { [role]: ci("u") }, {}],
  },
  "a permission set's mapping is deleted at once": {
    change: ["phases.ts", "&& setOf(entry) !== undefined", '&& entry.kind === "role" && setOf(entry) !== undefined'],
    states: [{ [setRole]: ofSetRole("u"), [set]: ofSet("v") }, { [setRole]: ofSetRole("u") }, {}],
  },
  "the mapping of a set's role is deleted at once": {
    change: ["phases.ts", "&& setOf(entry) !== undefined", '&& entry.kind === "sso"'],
    states: [{ [sessions]: jane("u"), [setRole]: ofSetRole("v") }, { [sessions]: jane("u") }, { [sessions]: "[]" }],
  },
  "a mapping is deleted at once beside a lifted denial": {
    change: ["phases.ts", "denyListsFor(entry, state.context).some(mayBeLifted)", "false"],
    states: [{ [role]: ci("u"), [deny]: denials("role/*") }, { [deny]: "[]" }],
  },
  "an ended mapping is deleted without waiting": {
    change: ["phases.ts", "isRecent(state, name) ? [name] : []", "[]"],
    states: [{ [role]: ci("u"), [account]: ofSet("v") }, { [role]: ci("u") }, {}],
  },
  "functions cache for 30 s": {
    change: ["phases.ts", "MAPPING_FOUND_MS + 5_000", "MAPPING_FOUND_MS"],
    states: [
      { [set]: ofSet("u") },
      { [set]: ofSet("u"), [sessions]: jane("v") },
      { [set]: ofSet("u", ["g"]), [sessions]: jane("v") },
    ],
  },
  "a deny list is written once": {
    change: ["lifts.ts", "  if (one === undefined) return undefined;", "  if (lifted.length >= 0) return undefined;"],
    states: [
      { [pattern]: one("role/*", "u"), [deny]: denials("user/*") },
      { [pattern]: one("role/*", "v"), [deny]: denials("role/*") },
    ],
  },
  "a list of sessions is written once": {
    change: ["phases.ts", 'address.kind === "sso-session" && ', "false && "],
    states: [
      { [sessions]: jane("u") },
      { [sessions]: jane("{AccountID}", ["g"], july).replace("jane", "Jane"), [account]: ofSet("v") },
    ],
  },
  "a lifted denial is written first": {
    change: ["phases.ts", "return isMarked ? LIFTS : DENIALS;", "return DENIALS;"],
    states: [
      { [pattern]: one("role/*", "u", ["g"]), [deny]: denials("role/*") },
      { [pattern]: one("role/*", "v"), [deny]: "[]" },
    ],
  },
  "marked changes are written before harmless ones": {
    change: [
      "phases.ts",
      "[harmless.filter(({ waits }) => waits.length === 0), harmless, ...groups]",
      "[...groups, harmless]",
    ],
    states: [
      { [role]: ci("u", ["g"]), [deny]: denials("role/*") },
      { [role]: ci("u"), [deny]: "[]" },
    ],
  },
  "patterns are written before grants to one principal": {
    change: [
      "phases.ts",
      "return isRemoval ? LIFTS - 2 - place : place;",
      "return isRemoval ? LIFTS - 2 - place : -place;",
    ],
    states: [{}, { [role]: ci("u", ["system:masters"]), [pattern]: one("role/*", "v") }],
  },
  "lower patterns are written first": {
    change: ["phases.ts", '"pattern", "any", "account"]', '"account", "any", "pattern"]'],
    states: [{}, { [pattern]: one("role/*", "u"), [account]: ofSet("v") }],
  },
  "removals are written before patterns": {
    change: ["phases.ts", "return isRemoval ? LIFTS - 2 - place : place;", "return isRemoval ? place - 6 : place;"],
    states: [
      { [role]: ci("u"), [account]: ofSet("v") },
      { [pattern]: one("role/*", "w"), [account]: ofSet("v") },
    ],
  },
  "higher mappings are removed first": {
    change: ["phases.ts", "return isRemoval ? LIFTS - 2 - place : place;", "return isRemoval ? 7 + place : place;"],
    states: [
      { [role]: ci("u"), [pattern]: one("role/*", "v"), [account]: ofSet("w") },
      { [pattern]: "[]", [account]: ofSet("w") },
    ],
  },
  "no administrator needs to remain": {
    change: ["phases.ts", "if (!keeps([]) || !keeps(changes)) return", "if (keeps([])) return"],
    states: [
      { [role]: ci("u", ["system:masters"]) },
      { ...admin, [role]: ci("u", ["system:masters"]), [deny]: denials("role/ci") },
    ],
  },
};

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
      const mutant = MUTANTS[decodeURIComponent(name)];
      const [file, from = "", to = ""] = mutant?.change ?? [];
      if (file === undefined || !address.endsWith(`/${file}`)) return loaded;
      const source = String(loaded.source);
      if (source.split(from).length !== 2) throw new Error(`${file} must contain once: ${from}`);
      return { ...loaded, source: source.replace(from, () => to) };
    },
  });
}

function isOfRule(url: string): boolean {
  return url.startsWith(new URL("../../../cli/access/", import.meta.url).href);
}

/** The rule with a mutant. */
export async function mutated(name: string): Promise<Rule> {
  const query = `?mutant=${encodeURIComponent(name)}`;
  const [administrators, phases] = ["administrators.ts", "phases.ts"].map(
    (file) => import(`../../../cli/access/${file}${query}`),
  );
  return { ...(await administrators), ...(await phases) };
}
