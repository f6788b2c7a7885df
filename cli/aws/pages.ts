// Pages of Parameter Store that end: a token that comes twice, or pages that bring nothing new, are refused.

import { UnusableAnswer } from "./errors.ts";

interface Page {
  readonly Parameters?:
    | readonly { readonly Name?: string | undefined; readonly Version?: number | undefined }[]
    | undefined;
  readonly NextToken?: string | undefined;
}

/** AWS may end a page early, even before its first parameter; but not so many times in a row. */
const MOST_WITHOUT_NEWS = 200;

/** The same pages. Throws `UnusableAnswer` where they would never end. */
export async function* ending<P extends Page>(pages: AsyncIterable<P>): AsyncGenerator<P> {
  const tokens = new Set<string>();
  const found = new Set<string>();
  let withoutNews = 0;
  for await (const page of pages) {
    const { Parameters = [], NextToken } = page;
    const before = found.size;
    // Of a history, each version is one.
    for (const { Name, Version } of Parameters) found.add(`${Name} ${Version}`);
    withoutNews = found.size === before ? withoutNews + 1 : 0;
    const isRepeated = NextToken !== undefined && tokens.has(NextToken);
    if (isRepeated || withoutNews > MOST_WITHOUT_NEWS || found.size > MOST_PARAMETERS) {
      throw new UnusableAnswer("SSM", isRepeated ? "its pages repeat" : "its pages do not end");
    }
    if (NextToken !== undefined) tokens.add(NextToken);
    yield page;
  }
}

/** https://docs.aws.amazon.com/general/latest/gr/ssm.html#limits_ssm: of the advanced tier, in an account and Region */
const MOST_PARAMETERS = 100_000;
