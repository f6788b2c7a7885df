// Answers the deployment check, which compares how the new version and the live one read stored
// parameters.

import { isObject } from "../lib/json.ts";
import { signedTokensIn } from "./jwt-settings.ts";
import { readNamed, validityOf } from "./read-stored.ts";
import type { Settings } from "./settings.ts";

/**
 * Returns how a version reads these parameters, and which identities and tokens it accepts. An
 * empty `accounts` means any account.
 */
export function answerCheck(
  parameters: readonly unknown[],
  { partition, accounts, ...tokens }: Pick<Settings, "partition" | "accounts" | "jwt" | "tokens">,
) {
  const validity = parameters.map((parameter) =>
    isObject(parameter) ? validityOf(readNamed(parameter as never, partition.id)) : null,
  );
  return { validity, accounts, signedTokens: signedTokensIn(tokens) };
}
