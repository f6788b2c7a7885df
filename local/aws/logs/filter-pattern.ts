// Parses the JSON filter patterns that the CLI uses: string comparisons, `&&`, `||` and
// parentheses.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
// Rejects all other patterns, since a partly understood pattern would match wrong lines.

import { isObject, memberAt, parseJson } from "../../../functions/lib/json.ts";
import { invalidParameter } from "./input.ts";

/** Returns whether a log line matches. */
export type Matches = (message: string) => boolean;
type Condition = (event: Record<string, unknown>) => boolean;

const TOKEN = /\s*(?:(&&|\|\||!=|[(){}=])|(\$(?:\.[A-Za-z_]\w*)+)|"([^"\\]*)")/y;

interface Token {
  readonly sign?: string | undefined;
  readonly selector?: string | undefined;
  readonly text?: string | undefined;
}

/**
 * Returns a function that matches lines. An empty pattern matches every line. Throws
 * `InvalidParameterException`.
 */
export function parseFilterPattern(pattern: string): Matches {
  if (pattern.trim() === "") return () => true;
  const tokens = tokensOf(pattern);
  let at = 0;

  function take(sign: string): boolean {
    const isThere = tokens[at]?.sign === sign;
    if (isThere) at += 1;
    return isThere;
  }
  function need(sign: string): void {
    if (!take(sign)) throw invalidPattern(pattern);
  }
  function anyOf(): Condition {
    const conditions = [allOf()];
    while (take("||")) conditions.push(allOf());
    return (event) => conditions.some((holds) => holds(event));
  }
  function allOf(): Condition {
    const conditions = [term()];
    while (take("&&")) conditions.push(term());
    return (event) => conditions.every((holds) => holds(event));
  }
  function term(): Condition {
    if (take("(")) {
      const inner = anyOf();
      need(")");
      return inner;
    }
    return comparison();
  }
  function comparison(): Condition {
    const selector = tokens[at]?.selector;
    at += 1;
    const isUnequal = take("!=");
    if (!isUnequal) need("=");
    const text = tokens[at]?.text;
    at += 1;
    if (selector === undefined || text === undefined) throw invalidPattern(pattern);
    const isLike = wildcard(text);
    return (event) => {
      const value = memberAt(event, ...selector.split(".").slice(1));
      // A line without the field never matches, not even `!=`.
      return typeof value === "string" && isLike(value) !== isUnequal;
    };
  }

  need("{");
  const condition = anyOf();
  need("}");
  if (at !== tokens.length) throw invalidPattern(pattern);
  return (message) => {
    const event = parseJson(message);
    return isObject(event) && condition(event);
  };
}

function tokensOf(pattern: string): Token[] {
  const tokens: Token[] = [];
  const end = pattern.trimEnd().length;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < end) {
    const found = TOKEN.exec(pattern);
    if (found === null) throw invalidPattern(pattern);
    const [, sign, selector, text] = found;
    tokens.push({ sign, selector, text });
  }
  return tokens;
}

/**
 * Returns whether a value matches a text. `*` at the end matches any characters; elsewhere it is
 * not supported.
 */
function wildcard(text: string): (value: string) => boolean {
  const start = text.replace(/\*$/, "");
  if (start.includes("*")) throw invalidPattern(text);
  return start === text ? (value) => value === text : (value) => value.startsWith(start);
}

function invalidPattern(pattern: string) {
  return invalidParameter(
    `Invalid filter pattern, or not supported by this local service: ${pattern}`,
  );
}
