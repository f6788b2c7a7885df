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
  const context = `for ${identity.canonicalArn} by ${parameter}; ${tried}`;
  const values = new Map<Placeholder, string>(placeholderValues(identity));
  if (usesPlaceholder([username ?? "", ...groups], "EC2PrivateDNSName")) {
    const node = await findNodeName();
    if ("refusal" in node) throw new NodeNotVerified(`${node.refusal}, ${context}`);
    values.set("EC2PrivateDNSName", node.name);
  }
  const render = (template: string) =>
    renderTemplate(template, values, (placeholder) => {
      throw new PlaceholderWithoutValue(`{${placeholder}} has no value, ${context}`);
    });
  const user = {
    // Only an account mapping has no username; its users go by their own ARN, which is no template.
    username: username === undefined ? identity.canonicalArn : render(username),
    groups: groups.map(render),
  };
  const problem = nameProblem([user.username, ...user.groups], reservedPrefixes);
  if (problem !== undefined) throw new NameRefused(`${problem}, ${context}`);
  return user;
}

// C0, DEL, C1 and the two line separators: one of them would forge a line in somebody's log.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const CONTROL_CHARACTER = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

/** On the rendered names and on groups too: what a person can steer must not become a name that is reserved. */
function nameProblem(names: readonly string[], reservedPrefixes: readonly string[]): string | undefined {
  if (names.includes("")) return "a rendered name is empty";
  if (names.some((name) => CONTROL_CHARACTER.test(name))) return "a rendered name holds a control character";
  const reserved = reservedPrefixes.find((prefix) => names.some((name) => name.startsWith(prefix)));
  return reserved === undefined ? undefined : `a rendered name begins with the reserved prefix ${reserved}`;
}
