// Formats the comparison as Markdown for test/e2e/README.md.

import { type Comparison, RULES } from "./compare.ts";
import { FORM_RULES } from "./review-rules.ts";

export function agreementTable({ agreed }: Comparison): string {
  const rows = [...agreed].sort(([, a], [, b]) => b - a);
  return table(
    ["count", "both"],
    rows.map(([decision, count]) => [String(count), decision]),
  );
}

export function differenceTable({ byRule }: Comparison): string {
  return table(
    ["count", "ours", "the peer's", "rule", "the peer"],
    RULES.map((rule) => [
      String(byRule.get(rule) ?? 0),
      rule.ours.replace(/\((\w+)\)/, "`$1`"),
      rule.theirs,
      `${rule.section}: ${rule.says}`,
      rule.peer,
    ]),
  );
}

export function formTable({ byForm }: Comparison): string {
  return table(
    ["count", "ours", "the peer's", "rule", "the peer"],
    FORM_RULES.map((rule) => [
      String(byForm.get(rule) ?? 0),
      rule.ours,
      rule.theirs,
      `${rule.section}: ${rule.says}`,
      rule.peer,
    ]),
  );
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(heads), line(heads.map(() => "---")), ...rows.map(line)].join("\n");
}
