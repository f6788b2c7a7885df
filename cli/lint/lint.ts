// All rules over all mappings, the gravest findings first.

import type { StoredParameter } from "../../functions/authenticator/mapping/finding.ts";
import type { Site } from "../lib/site.ts";
import { short } from "../plan/show.ts";
import { type Finding, LEVELS, type Rule, subjectOf } from "./finding.ts";
import { masters, nodes, systemNames, wholeAccounts } from "./power.ts";
import { coveredPatterns, permissionSetRoles, shadowed, unreachable } from "./reach.ts";
import { ending, invalid, pinned } from "./validity.ts";

const RULES: readonly Rule[] = [
  invalid,
  unreachable,
  nodes,
  shadowed,
  coveredPatterns,
  systemNames,
  wholeAccounts,
  ending,
  masters,
  permissionSetRoles,
  pinned,
];

export function lint(parameters: ReadonlyMap<string, StoredParameter>, site: Site): Finding[] {
  const subject = subjectOf(parameters, site);
  return RULES.flatMap((rule) => rule(subject))
    .map((finding) => ({ ...finding, where: short(finding.where, site.prefix) }))
    .sort((a, b) => LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level));
}
