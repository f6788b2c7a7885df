// The lint rule for faults of typing in stored values: those that the command line refuses.

import { deniedIn } from "../entry.ts";
import type { StoredEntries } from "../stored-entries.ts";
import { type TextKind, typingFault } from "../typing.ts";
import { entryRule, type Finding } from "./finding.ts";

/**
 * Finds texts that no identity can have, or that RBAC compares with a name that looks the same. Not
 * in descriptions, in which typographic quotes and dashes are right.
 */
const ofMappings = entryRule("warning", "typing", ({ mapping }) => {
  const { arn, arnLike, session, username, groups = [], principalId } = mapping;
  return [
    ...faultOf("arn", arn ?? arnLike, "name"),
    ...faultOf("session", session, "name"),
    ...faultOf("username", username, "template"),
    ...groups.flatMap((group) => faultOf("group", group, "template")),
    ...faultOf("principalId", principalId, "id"),
  ];
});

export function typingFaults(stored: StoredEntries): Finding[] {
  const denied = stored.denials.flatMap(({ parameter: where, mapping }) =>
    faultOf("the denial of", deniedIn(mapping), "name").map(
      (message): Finding => ({ level: "warning", rule: "typing", where, message }),
    ),
  );
  return [...ofMappings(stored), ...denied];
}

function faultOf(key: string, text: string | undefined, kind: TextKind): string[] {
  const fault = text === undefined ? undefined : typingFault(text, kind);
  return fault === undefined ? [] : [`${key} ${JSON.stringify(text)} ${fault}`];
}
