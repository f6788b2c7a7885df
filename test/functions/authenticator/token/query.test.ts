// The parameters of a query: names, number, spelling, and order.

import assert from "node:assert/strict";
import { test } from "node:test";
import { formatQuery, named, parseQuery } from "../../../../functions/authenticator/token/query.ts";
import { hasCode } from "../../../../functions/errors.ts";
import { doubledParameters } from "../../../hostile-tokens.ts";
import { PARAMETERS, queryWith, SECURITY_TOKEN } from "./samples.ts";

const QUERY = queryWith({ "X-Amz-Security-Token": SECURITY_TOKEN });
const NAMES = QUERY.split("&").map((pair) => pair.split("=")[0] ?? "");
const PAIRS = QUERY.split("&");

function assertRefused(query: string, message: RegExp): void {
  assert.throws(
    () => parseQuery(query),
    (error) => {
      assert.ok(hasCode(error, "token_parameter_refused"), query);
      assert.match(error.message, message, query);
      return true;
    },
  );
}

test("each of the eight names is required", () => {
  assert.equal(Object.keys(PARAMETERS).length, 8);
  for (const name of Object.keys(PARAMETERS)) {
    assertRefused(queryWith({ [name]: undefined }), new RegExp(`^query parameter ${name} is missing$`));
  }
});

test("the security token is optional, and omitted from the sent query if it is missing", () => {
  const query = parseQuery(queryWith());
  assert.equal("X-Amz-Security-Token" in query, false);
  assert.equal(
    formatQuery(query),
    PAIRS.filter((pair) => !pair.startsWith("X-Amz-Security"))
      .toSorted()
      .join("&"),
  );
});

test("each name appears once, in any spelling and at any place", () => {
  for (const { name, url } of doubledParameters(`?${QUERY}`)) {
    assertRefused(url.slice(1), new RegExp(`^query parameter ${name} appears more than once$`));
  }
});

test("names ignore case after decoding, and are sent in canonical spelling", () => {
  const sent = formatQuery(parseQuery(QUERY));
  assert.equal(formatQuery(parseQuery(QUERY.replace(/(^|&)[^=]+/g, (name) => name.toLowerCase()))), sent);
  assert.equal(formatQuery(parseQuery(QUERY.replace(/(^|&)[^=]+/g, (name) => name.toUpperCase()))), sent);
  assert.equal(formatQuery(parseQuery(QUERY.replace("Action", "%61%43t%69on"))), sent);
});

test("any other name is refused, and named if it is harmless", () => {
  for (const name of ["RoleArn", "X-Amz-Content-Sha256", "x-k8s-aws-id", "Actions", "constructor"]) {
    const message = `^unexpected query parameter "${name}"; only GetCallerIdentity's are allowed$`;
    assertRefused(`${QUERY}&${name}=1`, new RegExp(message));
    assertRefused(`${name}=1&${QUERY}`, new RegExp(message));
  }
  for (const name of [
    "",
    "__proto__",
    "Action%20",
    "%20Action",
    "Action%5B%5D",
    "x".repeat(41),
    "X_Amz_Date",
    "a%0A",
  ]) {
    assertRefused(`${QUERY}&${name}=1`, /^(unexpected query parameter;|the query is not a list of)/);
  }
});

test("the order is free, and the sent query has the order of SigV4's canonical query", () => {
  const sent = formatQuery(parseQuery(QUERY));
  assert.equal(sent, PAIRS.toSorted().join("&"));
  for (let at = 0; at < PAIRS.length; at += 1) {
    const rotated = [...PAIRS.slice(at), ...PAIRS.slice(0, at)];
    assert.equal(formatQuery(parseQuery(rotated.join("&"))), sent);
    assert.equal(formatQuery(parseQuery(rotated.toReversed().join("&"))), sent);
  }
});

test("%2f is accepted and sent as %2F, and unreserved characters are sent unencoded", () => {
  const sent = formatQuery(parseQuery(QUERY));
  assert.equal(formatQuery(parseQuery(QUERY.replaceAll("%2F", "%2f").replaceAll("%3B", "%3b"))), sent);
  assert.equal(formatQuery(parseQuery(QUERY.replace("GetCaller", "%47etCalle%72"))), sent);
});

test("an empty value is refused, also for the security token", () => {
  for (const name of NAMES) {
    const query = queryWith({ "X-Amz-Security-Token": SECURITY_TOKEN, [name]: "" });
    assertRefused(query, new RegExp(`^query parameter ${name} is empty or has an invalid encoding$`));
  }
});

test("a value with raw reserved characters or anything except printable ASCII is refused", () => {
  for (const value of [
    "a+b",
    "a/b",
    "a;b",
    "a%0Ab",
    "a%00",
    "%C3%A9",
    "%7F",
    "%",
    "%2",
    "%zz",
    "a b",
    "a\nb",
    "\xe9",
  ]) {
    assertRefused(QUERY.replace(/Token=[^&]*/, `Token=${value}`), /^query parameter X-Amz-Security-Token is empty or/);
  }
});

test("a query is name=value pairs separated by a single &", () => {
  for (const query of [
    "",
    "&",
    "=",
    `&${QUERY}`,
    `${QUERY}&`,
    QUERY.replace("&", "&&"),
    QUERY.replace("&", ";"),
    QUERY.replace("=", ""),
    QUERY.replace("=", "=="),
    QUERY.replace("GetCallerIdentity", "GetCallerIdentity="),
    QUERY.replace("GetCallerIdentity", "GetCallerIdentity=AssumeRole"),
    `${QUERY}&Action`,
    `?${QUERY}`,
    QUERY.replace("Action", "Ac+tion"),
    QUERY.replace("Action", "Act%69%"),
  ]) {
    assertRefused(
      query,
      /^(the query is not a list|unexpected query parameter;|query parameter \S+ is empty or badly)/,
    );
  }
});

test("a message repeats only a short word", () => {
  assert.equal(named("X-Amz-Date2"), ' "X-Amz-Date2"');
  assert.equal(named("x".repeat(40)), ` "${"x".repeat(40)}"`);
  for (const text of ["", "x".repeat(41), "a b", "a\nb", "a/b", "é", '"']) assert.equal(named(text), "");
});
