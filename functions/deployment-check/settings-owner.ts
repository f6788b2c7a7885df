// Finds out whether another stack, or none, owns the parameter of the function's settings. The
// deployment fails at it, but only after the new version has answered reviews.

import { managerOf, OWNER_TAG } from "../settings/stack.ts";

/** The tags of a parameter, by key; `undefined` if there is no such parameter. */
export type ParameterTags = Readonly<Record<string, string>> | undefined;

/**
 * Returns why the stack cannot write the parameter; `undefined` if it can: the parameter does not
 * exist yet, or has this stack's tag.
 */
export function foreignSettings(
  name: string,
  tags: ParameterTags,
  stackName: string,
): string | undefined {
  if (tags === undefined) return undefined;
  const { [OWNER_TAG]: owner } = tags;
  if (owner === stackName) return undefined;
  const clash =
    owner === undefined
      ? `${name} already exists, without the tag ${OWNER_TAG}. If the stack ${stackName} created it, add this tag with the stack's name. Otherwise another stack serves`
      : `${name} already exists, managed by ${managerOf(owner)}, which serves`;
  return `${clash} this cluster id with this prefix in this account and Region. Give each cluster its own id. If that stack no longer exists, delete the parameter`;
}
