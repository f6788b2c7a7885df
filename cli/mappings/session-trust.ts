// The warning of each command that writes a mapping of one session.

import { readName } from "../../functions/authenticator/mapping/read-name.ts";
import type { Connection } from "../aws/connection.ts";
import type { Change } from "../changes/plan.ts";
import type { IOStreams } from "../terminal/io-streams.ts";

/** Prints what a session mapping trusts, if the changes write one. */
export function warnOfSessionTrust(changes: readonly Change[], { context }: Connection, { log }: IOStreams): void {
  const isOfSessions = ({ name }: Change) => readName(context.prefix, name)?.kind === "sso-session";
  if (!changes.some((change) => isOfSessions(change) && change.value?.includes('"session"'))) return;
  log(
    "A mapping of one session trusts the user name in IAM Identity Center. Its administrators, SCIM and the identity " +
      "provider can change a user name, or give it to another person.\n",
  );
}
