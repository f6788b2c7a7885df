// The Kubernetes user that a mapping makes of an identity: names rendered, then checked.

import { NameRefused, NodeNotVerified, PlaceholderWithoutValue } from "../../errors.ts";
import type { VerifiedIdentity } from "../identity/identity.ts";
import type { SelectedMapping } from "../mapping/select.ts";
import { type Placeholder, placeholderValues, renderTemplate, usesPlaceholder } from "../mapping/template.ts";

export interface User {
  readonly username: string;
  readonly groups: readonly string[];
}

/** The private DNS name of the instance that an identity runs on, or why it is not proven: a phrase for an operator. */
export type NodeName = { readonly name: string } | { readonly refusal: string };

/** `findNodeName` is asked only where a placeholder needs it. Throws a `Denial` that names the canonical ARN and the parameters that were tried. */
export async function renderUser(
  { mapping, parameter, tried }: SelectedMapping,
  identity: VerifiedIdentity,
  reservedPrefixes: readonly string[],
  findNodeName: () => Promise<NodeName>,
): Promise<User> {
  const { username, groups = [] } = mapping;
  const who = identity.canonicalArn;
  const by = `mapped by ${parameter}; ${tried}`;
  const values = new Map<Placeholder, string>(placeholderValues(identity));
  if (usesPlaceholder([username ?? "", ...groups], "EC2PrivateDNSName")) {
    const node = await findNodeName();
    if ("refusal" in node) throw new NodeNotVerified(`${who} is not verified as a node: ${node.refusal}; ${by}`);
    values.set("EC2PrivateDNSName", node.name);
  }
  const render = (template: string) =>
    renderTemplate(template, values, (placeholder) => {
      throw new PlaceholderWithoutValue(`{${placeholder}} has no value for ${who}, ${by}`);
    });
  const user = {
    // Only an account mapping has no username; its users go by their own ARN, which is not a template.
    username: username === undefined ? who : render(username),
    groups: groups.map(render),
  };
  for (const [key, name] of [
    ["the username", user.username],
    ...user.groups.map((group) => ["a group", group]),
  ] as const) {
    const problem = nameProblem(name, reservedPrefixes);
    // The name is not told: it may hold what the token's maker chose.
    if (problem !== undefined) throw new NameRefused(`${key} ${problem}, for ${who}, ${by}`);
  }
  return user;
}

// C0, DEL, C1 and the two line separators: one of them would forge a line in somebody's log.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const CONTROL_CHARACTER = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

/** Of a rendered name, a group's too: what a person can steer must not become a name that is reserved. */
function nameProblem(name: string, reservedPrefixes: readonly string[]): string | undefined {
  if (name === "") return "is empty";
  if (CONTROL_CHARACTER.test(name)) return "has a control character";
  const reserved = reservedPrefixes.find((prefix) => name.startsWith(prefix));
  return reserved === undefined ? undefined : `begins with the reserved prefix ${reserved}`;
}
