// Checks a response against the expected user or denial of the identity.

/** The expected user, or code of a denial. */
export type Expected = { readonly username: string; readonly groups: readonly string[] } | { readonly denial: string };

interface Status {
  readonly authenticated?: boolean;
  readonly user?: { readonly username?: string; readonly groups?: readonly string[] };
  readonly error?: string;
}

/** The error in the body of a 200, or `undefined`. */
export function mistake(body: string, expected: Expected): string | undefined {
  const { status = {} } = JSON.parse(body) as { status?: Status };
  const { authenticated, user, error } = status;
  const right =
    "denial" in expected
      ? authenticated === false && user === undefined && error?.startsWith(`${expected.denial}:`)
      : authenticated === true &&
        user?.username === expected.username &&
        user.groups?.join() === expected.groups.join();
  return right ? undefined : `${JSON.stringify(expected)} got ${JSON.stringify(status)}`;
}
