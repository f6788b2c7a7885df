// Compares what the live version and the new one make of the stored parameters, and decides which
// differences stop a deployment.

import type { Clock } from "../lib/deadline.ts";
import { accountChange, type LostMapping, lostMappings } from "./accounts.ts";
import { type SignedTokenDenial, signedTokenDenials, signedTokensOf } from "./denied-names.ts";
import { bodyOf } from "./known-answers.ts";
import { batchesOf, changedReadings, type Page } from "./stored-values.ts";

/** Sends an event to a version and returns its answer. Throws if its code fails. */
type Ask = (event: object) => Promise<unknown>;

interface Comparison {
  /** The mapping prefix. */
  readonly prefix: string;
  /** The function's partition. */
  readonly partition: string;
  readonly askNext: Ask;
  readonly askLive: Ask;
  /** All parameters below the prefix. */
  readonly pages: AsyncIterable<Page["parameters"]>;
  readonly clock: Clock;
}

interface Findings {
  /** Lines that stop the deployment. Each group of them ends with its advice. */
  readonly problems: readonly string[];
  /** Lines that do not stop it, in the same form. */
  readonly warnings: readonly string[];
}

/** Reads the store once. Throws if the store or a version fails. */
export async function compareStores(comparison: Comparison): Promise<Findings> {
  const { prefix, partition, askNext, askLive, pages, clock } = comparison;
  const next = await settingsOf(askNext);
  const change = await accountChange(next, () => settingsOf(askLive));
  const signed = signedTokensOf(next);
  // The comparison of stored values reports a live version that fails.
  const live = signed === "only" ? await settingsOf(askLive).catch(() => undefined) : undefined;

  const changed: string[] = [];
  const lost: LostMapping[] = [];
  const denials: SignedTokenDenial[] = [];
  for await (const batch of batchesOf(pages)) {
    const now = clock();
    changed.push(...(await changedReadings(batch, prefix, partition, askLive)));
    lost.push(...batch.flatMap((parameter) => lostMappings(change, prefix, parameter, now)));
    if (signed === undefined) continue;
    denials.push(...batch.flatMap((parameter) => signedTokenDenials(prefix, parameter, now)));
  }

  const certain = lost.filter(({ isCertain }) => isCertain);
  const possible = lost.filter(({ isCertain }) => !isCertain);
  const problems = [
    ...shortened(changed, READINGS_ADVICE),
    ...shortened(linesOf(certain), ACCOUNTS_ADVICE),
  ];
  const warnings = shortened(linesOf(possible), ACCOUNTS_ADVICE);
  // The first version without other tokens leaves these roles none.
  if (signed === "only" && signedTokensOf(live) !== "only")
    return { problems: [...problems, ...shortened(linesOf(denials), DENIED_ADVICE)], warnings };
  // Beside others, patterns are what mappings deny writes.
  const ofNames = denials.filter(({ isPattern }) => !isPattern);
  return { problems, warnings: [...warnings, ...shortened(linesOf(ofNames), DENIED_ADVICE)] };
}

/** Returns the body of a version's answer, without the readings of any value. */
async function settingsOf(ask: Ask): Promise<unknown> {
  return bodyOf(await ask({ storedParameters: [] }));
}

function linesOf(found: readonly { readonly line: string }[]): string[] {
  return found.map(({ line }) => line);
}

/** The number of changed parameters that fit in one log line. */
const MAX_NAMED = 200;

/** Returns the lines that fit and their advice. Empty if nothing was found. */
function shortened(found: readonly string[], advice: string): string[] {
  if (found.length === 0) return [];
  const more = found.length > MAX_NAMED ? [`and ${found.length - MAX_NAMED} more parameters`] : [];
  return [...found.slice(0, MAX_NAMED), ...more, advice];
}

const READINGS_ADVICE =
  "change these values so that both versions read them alike, then deploy again";

const ACCOUNTS_ADVICE =
  'add these accounts to the setting accounts, or set it to "any", or remove the mappings; then deploy again';

const DENIED_ADVICE =
  "to keep AWS-signed tokens of roles: remove the access in AWS (the assignment, the role's trust or the IAM user), then run " +
  "mappings allow for each of these denials; after a failed deployment, deploy again";
