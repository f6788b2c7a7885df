// The person whom a denial is for.

import { asciiLowerCase } from "../../functions/lib/text.ts";
import { deniedIn } from "./entry.ts";

/** What a denial has: an ARN pattern or a name. */
type Denied = Parameters<typeof deniedIn>[0];

/**
 * Returns the name of the sessions or users that a denial is for, if it is for those of one name.
 */
export function personDeniedBy(denial: Denied): string | undefined {
  if ("name" in denial) return denial.name;
  return /^arn:[^:]*:(?:iam|sts):[^:]*:[^:]*:(?:assumed-role|user|federated-user)\/(?:.*\/)?([^/*?]+)$/i.exec(
    deniedIn(denial),
  )?.[1];
}

/** Returns whether both names are of one person: denials ignore case. */
export function isSamePerson(one: string, other: string): boolean {
  return asciiLowerCase(one) === asciiLowerCase(other);
}
