// Reviews tokens in a function with fake services, and returns the outcome.

import type { Settings } from "../../../../functions/authenticator/settings.ts";
import {
  type FakeServices,
  fakeServices,
  gatewayEvent,
  handlerOf,
  identityBody,
  reviewBody,
  type Stored,
  tokenOf,
} from "../fixtures.ts";

export function stsAnswers(status: number, body: string): Pick<FakeServices, "askSts"> {
  return { askSts: async () => ({ status, body, requestId: "r" }) };
}

export function stsReturns(
  identity: Parameters<typeof identityBody>[0],
): Pick<FakeServices, "askSts"> {
  return stsAnswers(200, identityBody(identity));
}

export function reviewer(
  stored: Stored,
  changes: Partial<FakeServices> = {},
  settings: Partial<Settings> = {},
  token = tokenOf("bob"),
) {
  const services = fakeServices(stored, changes);
  const handler = handlerOf(services, settings);
  const status = async (text = token, spec = {}) =>
    (await handler(gatewayEvent(reviewBody(text, spec)))).json.status;
  /** `granted as <username>`, or the code of the denial or fault. */
  const outcome = async (text = token): Promise<string> => {
    const { json } = await handler(gatewayEvent(reviewBody(text)));
    const { user, error } = json.status as Partial<typeof json.status>;
    return user === undefined
      ? ((error ?? json.message)?.split(":")[0] ?? "not ours")
      : `granted as ${user.username}`;
  };
  return { ...services, status, outcome };
}

export function outcomeFor(
  who: string,
  ...[stored, changes, settings]: Parameters<typeof reviewer>
): Promise<string> {
  return reviewer(stored, changes, settings).outcome(tokenOf(who));
}
