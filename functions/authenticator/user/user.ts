// Renders and checks the Kubernetes user that a mapping gives to an identity.

import { type Denial, denial } from "../../errors.ts";
import type { VerifiedIdentity } from "../identity/identity.ts";
import {
  claimPlaceholdersIn,
  claimValue,
  isClaimPlaceholder,
  isClaimValue,
} from "../mapping/claim-placeholders.ts";
import type { SelectedMapping } from "../mapping/select.ts";
import {
  nameProblem,
  placeholderValues,
  renderTemplate,
  SESSION_PLACEHOLDERS,
  usesPlaceholder,
} from "../mapping/template.ts";

export interface User {
  readonly username: string;
  readonly groups: readonly string[];
}

/**
 * The private DNS name of the identity's instance, or a phrase for an operator about why it is not
 * proven.
 */
export type NodeName = { readonly name: string } | { readonly refusal: string };

/** A session of a role whose name is an instance id. The caller of AssumeRole may have chosen it. */
export type InstanceSession = VerifiedIdentity & {
  readonly principalId: string;
  readonly sessionName: string;
};

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resource-ids.html: 8 or 17 hex digits */
const INSTANCE_ID = /^i-(?:[0-9a-f]{8}|[0-9a-f]{17})$/;

function isInstanceSession(identity: VerifiedIdentity): identity is InstanceSession {
  const { kind, principalId, sessionName = "" } = identity;
  return kind === "role" && principalId !== undefined && INSTANCE_ID.test(sessionName);
}

/**
 * Returns the user. Calls `findNodeName` only if a placeholder needs it, and only for a session that
 * can be an instance's. Throws a `Denial` with the canonical ARN and the parameters that were tried.
 */
export async function renderUser(
  { mapping, parameter, tried }: SelectedMapping,
  identity: VerifiedIdentity,
  reservedPrefixes: readonly string[],
  findNodeName: (session: InstanceSession) => Promise<NodeName>,
): Promise<User> {
  const { username, groups = [] } = mapping;
  const who = identity.canonicalArn;
  const by = `mapped by ${parameter}`;
  const refused: Refused = (code, problem) =>
    denial(code, `${problem} for ${who}, ${by}`, { tried });
  const missing = (placeholder: string): never => {
    if (isClaimPlaceholder(placeholder)) throw lacksClaim(placeholder, refused);
    if (identity.claims !== undefined && SESSION_PLACEHOLDERS.includes(placeholder)) {
      throw refused(
        "token_lacks_session",
        `an AWS-signed token has no value for {${placeholder}},`,
      );
    }
    throw refused("placeholder_without_value", `{${placeholder}} has no value`);
  };
  const values = new Map<string, string>([
    ...placeholderValues(identity),
    ...claimValues([username ?? "", ...groups], identity, refused),
  ]);
  if (usesPlaceholder([username ?? "", ...groups], "EC2PrivateDNSName")) {
    if (identity.claims !== undefined) missing("EC2PrivateDNSName");
    const node = isInstanceSession(identity)
      ? await findNodeName(identity)
      : { refusal: "the session name is not an instance id" };
    if ("refusal" in node)
      throw denial(
        "node_not_verified",
        `${who} is not verified as a node: ${node.refusal}; ${by}`,
        { tried },
      );
    values.set("EC2PrivateDNSName", node.name);
  }
  const render = (template: string) => renderTemplate(template, values, missing);
  // A principal without the tag does not get its group: fewer groups are fewer rights.
  const hasTag = (group: string) => claimPlaceholdersIn(group).every((name) => values.has(name));
  const user = {
    // Only an account mapping has no username. Its users are named by their ARN, which is not a
    // template.
    username: username === undefined ? who : render(username),
    groups: groups.filter(hasTag).map(render),
  };
  const check = (what: string, name: string): void => {
    const problem = nameProblem(name, reservedPrefixes);
    // The name is not in the message: its text can come from the creator of the token.
    if (problem !== undefined) throw refused("name_refused", `${what} ${problem},`);
  };
  check("the username", user.username);
  const omitted = groups.filter((group) => !hasTag(group));
  for (const group of [...user.groups, ...omitted]) check("a group", group);
  return user;
}

/** Makes the denial with a problem, to which it adds the identity and the mapping. */
type Refused = (code: Parameters<typeof denial>[0], problem: string) => Denial;

/**
 * Returns the values of the claim placeholders in templates. Omits those that the token does not
 * have.
 */
function claimValues(
  templates: readonly string[],
  { claims }: VerifiedIdentity,
  refused: Refused,
): [name: string, value: string][] {
  return templates.flatMap(claimPlaceholdersIn).flatMap((name): [string, string][] => {
    if (claims === undefined) throw lacksClaim(name, refused);
    const value = claimValue(name, claims);
    if (value === undefined) return [];
    if (isClaimValue(value)) return [[name, value]];
    // The value is not in the message, since users can influence it.
    throw refused(
      "name_refused",
      `the value of {${name}} must have only A-Za-z0-9_.@+=- (1 to 128),`,
    );
  });
}

function lacksClaim(placeholder: string, refused: Refused): Denial {
  return refused("token_lacks_claims", `the token has no value for {${placeholder}},`);
}
