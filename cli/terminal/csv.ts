// Rows as CSV, for spreadsheets and reviews of access.

/**
 * Spreadsheets evaluate such cells as formulas, and anyone who may name a role or a session chooses one.
 * https://owasp.org/www-community/attacks/CSV_Injection
 */
const FORMULA = /^[=+\-@＝＋－＠]/;

/** Quotes as in RFC 4180; lines end as those of other output. Cells contain no control characters. */
export function csv(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => `${row.map(cell).join(",")}\n`).join("");
}

function cell(text: string): string {
  const inert = FORMULA.test(text) ? `'${text}` : text;
  return /[",]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
}
