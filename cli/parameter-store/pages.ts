// Pages of a service that end: a token that comes twice, or pages that bring nothing new, are refused.

import { UnusableAnswer } from "../aws/errors.ts";

interface Page {
  readonly Parameters?:
    | readonly { readonly Name?: string | undefined; readonly Version?: number | undefined }[]
    | undefined;
  readonly NextToken?: string | undefined;
}

/** AWS may end a page early, even before its first parameter; but not so many times in a row. */
const MOST_WITHOUT_NEWS = 200;

/** The same pages of Parameter Store. Throws `UnusableAnswer` if they do not end. */
export function ending<P extends Page>(pages: AsyncIterable<P>): AsyncGenerator<P> {
  // Each version of a history is an item.
  return endingPages(pages, "SSM", ({ Parameters = [] }) =>
    Parameters.map(({ Name, Version }) => `${Name} ${Version}`),
  );
}

/**
 * The same pages. Throws `UnusableAnswer` if they do not end.
 *
 * @param service name in messages, such as `SSM`
 * @param idsOf identifies the items of a page
 */
export async function* endingPages<P extends Pick<Page, "NextToken">>(
  pages: AsyncIterable<P>,
  service: string,
  idsOf: (page: P) => readonly string[],
): AsyncGenerator<P> {
  const tokens = new Set<string>();
  const found = new Set<string>();
  let withoutNews = 0;
  for await (const page of pages) {
    const { NextToken } = page;
    const before = found.size;
    for (const id of idsOf(page)) found.add(id);
    withoutNews = found.size === before ? withoutNews + 1 : 0;
    const isRepeated = NextToken !== undefined && tokens.has(NextToken);
    if (isRepeated || withoutNews > MOST_WITHOUT_NEWS || found.size > MOST_ITEMS) {
      throw new UnusableAnswer(service, isRepeated ? "its pages repeat" : "its pages do not end");
    }
    if (NextToken !== undefined) tokens.add(NextToken);
    yield page;
  }
}

/**
 * The advanced tier's parameters in an account and Region. Stacks are fewer.
 * https://docs.aws.amazon.com/general/latest/gr/ssm.html#limits_ssm
 */
const MOST_ITEMS = 100_000;
