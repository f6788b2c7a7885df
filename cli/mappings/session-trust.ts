// What a mapping of one session trusts, which the person who writes one must know.

import { readName } from "../../functions/authenticator/mapping/read-name.ts";
import type { Connection } from "../aws/connection.ts";
import type { Change } from "../changes/plan.ts";
import type { IOStreams } from "../terminal/io-streams.ts";

/** Nothing where no list of sessions is written. */
export function tellSessionTrust(changes: readonly Change[], { context }: Connection, { tell }: IOStreams): void {
  const isOfSessions = ({ name }: Change) => readName(context.prefix, name)?.kind === "sso-session";
  if (!changes.some((change) => isOfSessions(change) && change.value?.includes('"session"'))) return;
  tell(
    "A mapping of one session trusts the user name in IAM Identity Center. Its administrators, SCIM and the identity " +
      "provider can change a user name, or give it to another person.\n",
  );
}
