// Checks an answer against the identity that asked: who was granted as whom, and who was refused why.

/** What a review must say: a user, or the code of a denial. */
export type Expected = { readonly username: string; readonly groups: readonly string[] } | { readonly denial: string };

interface Status {
  readonly authenticated?: boolean;
  readonly user?: { readonly username?: string; readonly groups?: readonly string[] };
  readonly error?: string;
}

/** What is wrong with the body of a 200; `undefined` where nothing is. */
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
