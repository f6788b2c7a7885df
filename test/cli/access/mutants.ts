// Mutants of the rule: each lacks one clause, and has a plan with which the proof fails without that clause.

import { registerHooks } from "node:module";
import type { State } from "./any-plan.ts";
import type { Rule } from "./prove.ts";
import { A, SET_ROLES } from "./universe.ts";

export interface Mutant {
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** The states before and after one or two commands. Names that begin with `res:` are reserved. */
  readonly counterexample: readonly State[];
}

const json = (value: unknown) => JSON.stringify(value);
const arn = (resource: string, of = A) => `arn:aws:iam::${of}:${resource}`;
const [role, set, sessions] = [`role/${A}/ci`, `sso/${A}/view`, `sso-session/${A}/view`];
const [account, pattern, deny] = [`account/${A}`, `pattern/${A}`, `deny/${A}`];
const setRole = `role/${A}/${SET_ROLES[0]?.toLowerCase()}`;
const names = (username: string, groups: readonly string[], more: object) => ({ username, groups, ...more });
const ci = (username: string, groups: readonly string[] = [], more: object = {}) =>
  json({ arn: arn("role/ci"), ...names(username, groups, more) });
const ofSet = (username: string, groups: readonly string[] = [], more: object = {}) =>
  json(names(username, groups, more));
const ofSetRole = (username: string, groups: readonly string[] = [], more: object = {}) =>
  json({ arn: arn(`role/${SET_ROLES[0]}`), ...names(username, groups, more) });
const jane = (username: string, groups: readonly string[] = [], more: object = {}) =>
  json([{ session: "jane", ...names(username, groups, more) }]);
const like = (resource: string, username: string, groups: readonly string[] = [], more: object = {}) => ({
  arnLike: arn(resource),
  ...names(username, groups, more),
});
const denials = (...resources: readonly string[]) =>
  json(
    resources.map((resource) => ({
      arnLike: resource.startsWith("assumed") ? `arn:aws:sts::${A}:${resource}` : arn(resource),
    })),
  );
const [past, july, august] = ["2020-01-01T00:00:00Z", "2026-07-01T00:00:00Z", "2026-08-01T00:00:00Z"].map(
  (notAfter) => ({ notAfter }),
);
const janeDenied = denials("assumed-role/ci/jane");
const admin = { [`root/${A}`]: json({ arn: arn("root"), username: "root", groups: ["system:masters"] }) };

export const MUTANTS: Readonly<Record<string, Mutant>> = {
  "an invalid value is changed without a mark": {
    file: "judge-change.ts",
    from: "    problem !== undefined\n",
    to: "    false\n",
    counterexample: [
      { [account]: ofSet("u"), [deny]: "{" },
      { [account]: ofSet("u"), [deny]: "[]" },
    ],
  },
  "the mark of an invalid value names no lower mapping": {
    file: "judge-change.ts",
    from: "const denied = [...lower, ",
    to: "const denied = [",
    counterexample: [{ [setRole]: "{", [sessions]: jane("v").replace(/]$/, ",1]") }, { [sessions]: "[]" }],
  },
  "the mark of an invalid list of sessions names no role of its set": {
    file: "judge-change.ts",
    from: '(address.kind === "sso-session" ? higher : [])',
    to: "[]",
    counterexample: [
      { [setRole]: ofSetRole("u"), [sessions]: "[,]" },
      { [setRole]: ofSetRole("u"), [sessions]: "[]" },
    ],
  },
  "the mark of an invalid deny list names no mapping": {
    file: "judge-change.ts",
    from: 'address.kind === "deny" ? branchOf(address, state) : denied',
    to: "denied",
    counterexample: [
      { [account]: ofSet("u"), [deny]: "{" },
      { [account]: ofSet("u"), [deny]: "[]" },
    ],
  },
  "the mark of a lifted denial names no mapping": {
    file: "lifts.ts",
    from: "valuesIn(branchOf(denial, state), state)",
    to: "[]",
    counterexample: [
      { [account]: ofSet("u"), [deny]: denials("role/*") },
      { [account]: ofSet("u"), [deny]: "[]" },
    ],
  },
  "the mark of a lifted denial of sessions names no pattern": {
    file: "entries.ts",
    from: 'globsOverlap(resource, "role/*")',
    to: "false",
    counterexample: [
      { [pattern]: json([like("role/c*", "u")]), [deny]: janeDenied },
      { [pattern]: json([like("role/c*", "u")]), [deny]: "[]" },
    ],
  },
  "the mark of a moved pattern does not name the pattern that it passes": {
    file: "judge-change.ts",
    from: "mayApply(entry, [after], context)",
    to: "[]",
    counterexample: [
      { [pattern]: json([like("role/c*", "u"), like("role/*", "v", ["g"])]) },
      { [pattern]: json([like("role/*", "v", ["g"]), like("role/c*", "u")]) },
    ],
  },
  "a denial of a user with a path covers one path only": {
    file: "lifts.ts",
    from: 'withoutPath(mapping.arnLike ?? "")',
    to: '(mapping.arnLike ?? "")',
    counterexample: [
      { [account]: ofSet("u"), [deny]: denials("user/ops/alice") },
      { [account]: ofSet("u"), [deny]: denials("user/ops/*") },
    ],
  },
  "a denial may end earlier": {
    file: "lifts.ts",
    from: "end >= denial.end && ",
    to: "",
    counterexample: [
      { [account]: ofSet("u"), [deny]: denials("role/*") },
      { [account]: ofSet("u"), [deny]: json([{ arnLike: arn("role/*"), ...july }]) },
    ],
  },
  "a denial may become narrower": {
    file: "lifts.ts",
    from: 'arnCovers(others[index] ?? "", arn)',
    to: 'arnCovers(arn, others[index] ?? "")',
    counterexample: [
      { [account]: ofSet("u"), [deny]: denials("role/*") },
      { [account]: ofSet("u"), [deny]: denials("role/c*") },
    ],
  },
  "an administrator needs no mark": {
    file: "grants.ts",
    from: "if (admin.length > 0) return",
    to: "if (admin.length > 9) return",
    counterexample: [{}, { [role]: ci("u", ["access:cluster-admin"]) }],
  },
  "a reserved name needs no mark": {
    file: "names.ts",
    from: 'return rest.length > 0 && matchesGlob(start, "system");',
    to: 'return rest.length > 0 && start === "system";',
    counterexample: [{}, { [role]: ci("{SessionName}:x") }],
  },
  "a claim needs no mark": {
    file: "names.ts",
    from: "claimPlaceholdersIn(name).length > 0",
    to: "claimPlaceholdersIn(name).length > 9",
    counterexample: [{}, { [role]: ci("t:{PrincipalTag:team}") }],
  },
  "a group with a placeholder needs no mark": {
    file: "grants.ts",
    from: '&& name.includes("{")',
    to: '&& name.includes("{{")',
    counterexample: [{}, { [role]: ci("u", ["x:{SessionName}"]) }],
  },
  "a mapping may lose its end": {
    file: "grants.ts",
    from: "entry.end === Number.POSITIVE_INFINITY",
    to: "entry.end === 0",
    counterexample: [{ [role]: ci("u", [], july) }, { [role]: ci("u") }],
  },
  "a second entry for a session may drop the end of the first": {
    file: "entry-changes.ts",
    from: " ?? before.find(isSame)",
    to: "",
    counterexample: [
      { [sessions]: jane("u", [], july) },
      { [sessions]: jane("w", [], july).replace(/]$/, `,${jane("v").slice(1)}`) },
    ],
  },
  "a mapping may lose its pin": {
    file: "grants.ts",
    from: "return principalId !== undefined && mapping.principalId !== principalId;",
    to: "return principalId !== mapping.principalId && mapping.principalId === 0;",
    counterexample: [{ [role]: ci("u", [], { principalId: "AROAPINNED" }) }, { [role]: ci("u") }],
  },
  "all names are new only if the mapping is added": {
    file: "grants.ts",
    from: "    entry.end > old.end ||\n",
    to: "",
    counterexample: [{ [role]: ci("u", ["system:masters"], july) }, { [role]: ci("u", ["system:masters"], august) }],
  },
  "another username does not make the groups new": {
    file: "grants.ts",
    from: "    username !== old.mapping.username ||\n",
    to: "",
    counterexample: [{ [role]: ci("u", ["system:masters"]) }, { [role]: ci("v", ["system:masters"]) }],
  },
  "a group that is rejected may be lost": {
    file: "grants.ts",
    from: "some((group) => !isPlain(group, context))",
    to: "some(() => false)",
    counterexample: [{ [pattern]: json([like("role/*", "u", ["res:g"])]) }, { [pattern]: json([like("role/*", "u")]) }],
  },
  "a denied principal gets names before the denial": {
    file: "grants.ts",
    from: 'return { kind: "denied", text',
    to: 'return undefined as never; return { kind: "denied", text',
    // The denial of the only administrator is deferred until there is another one.
    counterexample: [
      { [role]: ci("u", ["system:masters"]) },
      { ...admin, [role]: ci("u", ["system:masters", "g"]), [deny]: denials("role/ci") },
    ],
  },
  "a denial of a session does not delay the role's names": {
    file: "grants.ts",
    from: "wanted.has(name) ? overlaps(one, entry) : isNow(one)",
    to: "isNow(one)",
    counterexample: [{ [role]: ci("u") }, { [role]: ci("u", ["g"]), [deny]: janeDenied }],
  },
  "a higher value that changes does not delay names": {
    file: "grants.ts",
    from: "find(higherThan(entry, state), () => false)",
    to: "find([], () => false)",
    counterexample: [{ [set]: ofSet("u") }, { [set]: ofSet("u", ["g"]), [sessions]: jane("v") }],
  },
  "a list of sessions is not higher than the roles": {
    file: "precedence.ts",
    from: 'if (kind === "role") return [sessions];',
    to: 'if (kind === "role") return [];',
    counterexample: [{ [setRole]: ofSetRole("u") }, { [setRole]: ofSetRole("u", ["g"]), [sessions]: jane("u") }],
  },
  "a session's group is the set's, whenever that ends": {
    file: "grants.ts",
    from: "set === undefined || set.end < end",
    to: "set === undefined",
    counterexample: [
      { [set]: ofSet("u", ["system:masters"], july) },
      { [set]: ofSet("u", ["system:masters"], july), [sessions]: jane("u", ["system:masters"]) },
    ],
  },
  "a session's group is the set's, even if the set's names are rejected": {
    file: "grants.ts",
    from: "groups.every((one) => isPlain(one, context))",
    to: "groups.every(() => true)",
    counterexample: [
      { [set]: ofSet("u", ["system:masters", "res:g"]) },
      { [set]: ofSet("u", ["system:masters", "res:g"]), [sessions]: jane("u", ["system:masters"]) },
    ],
  },
  "a broad mapping needs no mark": {
    file: "grants.ts",
    from: "return names === undefined\n",
    to: "return names !== undefined\n",
    counterexample: [{}, { [account]: ofSet("u") }],
  },
  "a pattern may be replaced by another one": {
    file: "entry-changes.ts",
    from: 'arnCovers(wide.arnLike ?? "", narrow.arnLike ?? "")',
    to: "true",
    counterexample: [{ [pattern]: json([like("role/c*", "u")]) }, { [pattern]: json([like("role/*", "u")]) }],
  },
  "a pattern may pass one that overlaps it": {
    file: "entry-changes.ts",
    from: "other.was > was && overlaps(other.old, old)",
    to: "other.was > was && other.old === old",
    counterexample: [
      { [pattern]: json([like("role/c*", "u"), like("role/*", "v", ["g"])]) },
      { [pattern]: json([like("role/*", "v", ["g"]), like("role/c*", "u")]) },
    ],
  },
  "a lower mapping may have another username": {
    file: "names.ts",
    from: "    to.username === from.username &&\n",
    to: "",
    counterexample: [{ [role]: ci("u"), [account]: ofSet("v") }, { [account]: ofSet("v") }],
  },
  "a lower mapping may have other groups": {
    file: "names.ts",
    from: "groupsBeyond(to, from).length === 0",
    to: "groupsBeyond(to, from).length >= 0",
    counterexample: [{ [role]: ci("u"), [account]: ofSet("u", ["g"]) }, { [account]: ofSet("u", ["g"]) }],
  },
  "a lower mapping may lack a group that is rejected": {
    file: "names.ts",
    from: "every((group) => isPlain(group, context))",
    to: "every(() => true)",
    counterexample: [{ [role]: ci("u", ["res:g"]), [account]: ofSet("u") }, { [account]: ofSet("u") }],
  },
  "a mapping that ends earlier needs no mark": {
    file: "judge-change.ts",
    from: " || entry.end < old.end",
    to: "",
    counterexample: [
      { [role]: ci("u"), [account]: ofSet("u", ["g"]) },
      { [role]: ci("u", [], july), [account]: ofSet("u", ["g"]) },
    ],
  },
  "the identities that a narrower pattern loses need no mark": {
    file: "judge-change.ts",
    from: " || entry.key !== old.key;",
    to: ";",
    counterexample: [
      { [pattern]: json([like("role/*", "u")]), [account]: ofSet("v") },
      { [pattern]: json([like("role/c*", "u")]), [account]: ofSet("v") },
    ],
  },
  "a pinned mapping may be removed above one with its names": {
    file: "judge-change.ts",
    from: "old.mapping.principalId !== undefined || ",
    to: "",
    counterexample: [
      { [role]: ci("u", [], { principalId: "AROAPINNED" }), [account]: ofSet("u") },
      { [account]: ofSet("u") },
    ],
  },
  "a federated user's mapping may be removed above one with its names": {
    file: "judge-change.ts",
    from: ' || old.kind === "federated-user";',
    to: ";",
    counterexample: [
      {
        [`federated-user/${A}/fred`]: json({ arn: `arn:aws:sts::${A}:federated-user/Fred`, username: "u" }),
        [account]: json({ username: "u" }),
      },
      { [account]: json({ username: "u" }) },
    ],
  },
  "the last session may be removed above its set": {
    file: "judge-change.ts",
    from: "const allowsNone = isLast || ",
    to: "const allowsNone = ",
    counterexample: [
      { [sessions]: jane("u"), [set]: ofSet("u") },
      { [sessions]: "[]", [set]: ofSet("u") },
    ],
  },
  "the last session may be removed beside a role's mapping": {
    file: "judge-change.ts",
    from: "...(isLast ? higherThan(old, state) : [])",
    to: "",
    counterexample: [
      { [sessions]: jane("u"), [setRole]: ofSetRole("v") },
      { [sessions]: "[]", [setRole]: ofSetRole("v") },
    ],
  },
  "a later entry of the list is not a lower mapping": {
    file: "judge-change.ts",
    from: "{ entries: laterInList(step, comparison) }, ",
    to: "",
    counterexample: [
      { [pattern]: json([like("role/c*", "u"), like("role/*", "v")]) },
      { [pattern]: json([like("role/*", "v")]) },
    ],
  },
  "a user has the path of its mapping": {
    file: "entries.ts",
    from: "[iam(`user/${name}`), iam(`user/*/${name}`)]",
    to: "[iam(`user/${name}`)]",
    counterexample: [
      {
        [`user/${A}/alice`]: json({ arn: arn("user/alice"), username: "u" }),
        [pattern]: json([like("user/ops/*", "v")]),
      },
      { [pattern]: json([like("user/ops/*", "v")]) },
    ],
  },
  "only the wanted values of lower parameters matter": {
    file: "plan-state.ts",
    from: "return wanted.has(name) ? [now, readValue",
    to: "return wanted.has(name) ? [readValue",
    counterexample: [{ [role]: ci("u"), [account]: ofSet("v") }, {}],
  },
  "a grant does not wait for denials": {
    file: "judge-change.ts",
    from: "[...denyListsFor(address, context), ...higher].filter(mayPrecede)",
    to: "higher.filter(mayPrecede)",
    counterexample: [
      { [role]: ci("u") },
      { [role]: ci("u"), [deny]: janeDenied },
      { [role]: ci("u", ["g"]), [deny]: janeDenied },
    ],
  },
  "a grant does not wait for higher values": {
    file: "judge-change.ts",
    from: "[...denyListsFor(address, context), ...higher].filter(mayPrecede)",
    to: "[...denyListsFor(address, context)].filter(mayPrecede)",
    counterexample: [
      { [set]: ofSet("u") },
      { [set]: ofSet("u"), [sessions]: jane("v") },
      { [set]: ofSet("u", ["g"]), [sessions]: jane("v") },
    ],
  },
  "a removal does not wait for lower values": {
    file: "judge-change.ts",
    from: "...(removed.length > 0 ? lowerThan(address, state) : []),",
    to: "",
    counterexample: [
      { [role]: ci("u"), [pattern]: json([like("role/*", "v")]) },
      { [role]: ci("u"), [pattern]: "[]" },
      { [pattern]: "[]" },
    ],
  },
  "the removal of the last session does not wait for the set's roles": {
    file: "judge-change.ts",
    from: "...(isLast ? higher : []),",
    to: "",
    counterexample: [
      { [sessions]: jane("u"), [setRole]: ofSetRole("v") },
      { [sessions]: jane("u"), [setRole]: ofSetRole("v", [], past) },
      { [sessions]: "[]", [setRole]: ofSetRole("v", [], past) },
    ],
  },
  "a marked change of a list does not wait for its branch": {
    file: "judge-change.ts",
    from: "...(isWide ? branchOf(address, state) : [])",
    to: "",
    counterexample: [
      { [role]: ci("u", ["g"]), [deny]: denials("role/ci") },
      { [role]: ci("u"), [deny]: denials("role/ci") },
      { [role]: ci("u"), [deny]: "[]" },
    ],
  },
  "a marked change of a list for any account waits for that list only": {
    file: "precedence.ts",
    from: "return [...namesOf(account), ...ofAny];",
    to: 'return [...namesOf(account === "any" ? "none" : account), ...ofAny];',
    counterexample: [
      { [role]: ci("u", ["g"]), "deny/any": denials("role/ci") },
      { [role]: ci("u"), "deny/any": denials("role/ci") },
      { [role]: ci("u"), "deny/any": "[]" },
    ],
  },
  "a marked change of an account's list does not wait for the lists for any": {
    file: "precedence.ts",
    from: "return [...namesOf(account), ...ofAny];",
    to: "return namesOf(account);",
    counterexample: [
      { "pattern/any": json([like("role/*", "u", ["g"])]), [deny]: denials("role/*") },
      { "pattern/any": json([like("role/*", "u")]), [deny]: denials("role/*") },
      { "pattern/any": json([like("role/*", "u")]), [deny]: "[]" },
    ],
  },
  "an account's mapping is deleted at once": {
    file: "phases.ts",
    from: 'entry.kind === "account" || entry.kind === "sso"',
    to: 'entry.kind === "sso"',
    counterexample: [{ [role]: ci("u"), [account]: ofSet("v") }, { [role]: ci("u") }, {}],
  },
  "a permission set's mapping is deleted at once": {
    file: "phases.ts",
    from: 'entry.kind === "account" || entry.kind === "sso"',
    to: 'entry.kind === "account"',
    counterexample: [{ [setRole]: ofSetRole("u"), [set]: ofSet("v") }, { [setRole]: ofSetRole("u") }, {}],
  },
  "the mapping of a set's role is deleted at once": {
    file: "phases.ts",
    from: 'if (entry.kind === "role" && setOf(entry) !== undefined) return true;',
    to: "",
    counterexample: [
      { [sessions]: jane("u"), [setRole]: ofSetRole("v") },
      { [sessions]: jane("u") },
      { [sessions]: "[]" },
    ],
  },
  "a mapping is deleted at once beside a lifted denial": {
    file: "phases.ts",
    from: "denyListsFor(entry, state.context).some(mayBeLifted)",
    to: "false",
    counterexample: [{ [role]: ci("u"), [deny]: denials("role/*") }, { [deny]: "[]" }],
  },
  "an ended mapping is deleted without waiting": {
    file: "phases.ts",
    from: "isRecent(state, name) ? [name] : []",
    to: "[]",
    counterexample: [{ [role]: ci("u"), [account]: ofSet("v") }, { [role]: ci("u") }, {}],
  },
  "functions cache for 30 s": {
    file: "phases.ts",
    from: "MAPPING_FOUND_MS + 5_000",
    to: "MAPPING_FOUND_MS",
    counterexample: [
      { [set]: ofSet("u") },
      { [set]: ofSet("u"), [sessions]: jane("v") },
      { [set]: ofSet("u", ["g"]), [sessions]: jane("v") },
    ],
  },
  "a deny list is written once": {
    file: "lifts.ts",
    from: "if (before.problem !== undefined || one === undefined) return undefined;",
    to: "if (one === undefined || lifted.length > 0) return undefined;",
    counterexample: [
      { [pattern]: json([like("role/*", "u")]), [deny]: denials("user/*") },
      { [pattern]: json([like("role/*", "v")]), [deny]: denials("role/*") },
    ],
  },
  "a lifted denial is written first": {
    file: "phases.ts",
    from: "return isMarked ? LIFTS : DENIALS;",
    to: "return DENIALS;",
    counterexample: [
      { [pattern]: json([like("role/*", "u", ["g"])]), [deny]: denials("role/*") },
      { [pattern]: json([like("role/*", "v")]), [deny]: "[]" },
    ],
  },
  "marked changes are written before harmless ones": {
    file: "phases.ts",
    from: "[harmless.filter(({ waits }) => waits.length === 0), harmless, ...groups]",
    to: "[...groups, harmless]",
    counterexample: [
      { [role]: ci("u", ["g"]), [deny]: denials("role/*") },
      { [role]: ci("u"), [deny]: "[]" },
    ],
  },
  "patterns are written before grants to one principal": {
    file: "phases.ts",
    from: "return isRemoval ? LIFTS - 2 - place : place;",
    to: "return isRemoval ? LIFTS - 2 - place : -place;",
    counterexample: [{}, { [role]: ci("u", ["system:masters"]), [pattern]: json([like("role/*", "v")]) }],
  },
  "lower patterns are written first": {
    file: "phases.ts",
    from: '"pattern", "any", "account"]',
    to: '"account", "any", "pattern"]',
    counterexample: [{}, { [pattern]: json([like("role/*", "u")]), [account]: ofSet("v") }],
  },
  "removals are written before patterns": {
    file: "phases.ts",
    from: "return isRemoval ? LIFTS - 2 - place : place;",
    to: "return isRemoval ? place - 6 : place;",
    counterexample: [
      { [role]: ci("u"), [account]: ofSet("v") },
      { [pattern]: json([like("role/*", "w")]), [account]: ofSet("v") },
    ],
  },
  "higher mappings are removed first": {
    file: "phases.ts",
    from: "return isRemoval ? LIFTS - 2 - place : place;",
    to: "return isRemoval ? 7 + place : place;",
    counterexample: [
      { [role]: ci("u"), [pattern]: json([like("role/*", "v")]), [account]: ofSet("w") },
      { [pattern]: "[]", [account]: ofSet("w") },
    ],
  },
  "no administrator needs to remain": {
    file: "phases.ts",
    from: "if (!keeps([]) || !keeps(changes)) return",
    to: "if (keeps([])) return",
    counterexample: [
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
      if (mutant === undefined || !address.endsWith(`/${mutant.file}`)) return loaded;
      const source = String(loaded.source);
      if (source.split(mutant.from).length !== 2) throw new Error(`${mutant.file} must contain once: ${mutant.from}`);
      return { ...loaded, source: source.replace(mutant.from, () => mutant.to) };
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
