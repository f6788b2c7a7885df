// Runs `mappings import` with a text as its standard input.

import { parse } from "yaml";
import { cli } from "../../cli.ts";

export const ARN = "arn:aws:iam::111122223333:role/";

export async function importText(text: string, ...words: string[]) {
  const { code, out, err } = await cli(["mappings", "import", "-f", "-", ...words], { input: text });
  return { code, err, lines: err.trimEnd().split("\n"), mappings: code === 2 ? [] : parse(out).mappings };
}
