// Pages of Parameter Store that end: a token that comes twice, or more pages than an account can fill, are refused.

import { UnusableAnswer } from "../aws/errors.ts";

interface Page {
  readonly Parameters?: readonly unknown[] | undefined;
  readonly NextToken?: string | undefined;
}

/** https://docs.aws.amazon.com/general/latest/gr/ssm.html#limits_ssm: of the advanced tier, in an account and Region */
const MOST_PARAMETERS = 100_000;
/** AWS may end a page early, even before its first parameter; but not a thousand times in a row. */
const MOST_EMPTY = 1_000;

/** The same pages. Throws `UnusableAnswer` where they would never end. */
export async function* ending<P extends Page>(pages: AsyncIterable<P>): AsyncGenerator<P> {
  const tokens = new Set<string>();
  let [found, empty] = [0, 0];
  for await (const page of pages) {
    const { Parameters = [], NextToken } = page;
    found += Parameters.length;
    empty = Parameters.length === 0 ? empty + 1 : 0;
    const isRepeated = NextToken !== undefined && tokens.has(NextToken);
    if (isRepeated || found > MOST_PARAMETERS || empty > MOST_EMPTY) {
      throw new UnusableAnswer("SSM", isRepeated ? "its pages repeat" : "its pages do not end");
    }
    if (NextToken !== undefined) tokens.add(NextToken);
    yield page;
  }
}
