// The parameters of a query: names, number, spelling, and order.

import assert from "node:assert/strict";
import { test } from "node:test";
import { formatQuery, named, parseQuery } from "../../../../functions/authenticator/token/query.ts";
import { hasCode } from "../../../../functions/errors.ts";
import { PARAMETERS, queryWith, SECURITY_TOKEN } from "./samples.ts";

const QUERY = queryWith({ "X-Amz-Security-Token": SECURITY_TOKEN });
const PAIRS = QUERY.split("&");
const SENT = PAIRS.toSorted().join("&");
const NOT_PAIRS = "the query is not a list of percent-encoded name=value pairs";
const unexpected = (name: string) => `unexpected query parameter${name}; only GetCallerIdentity's are allowed`;
const unusable = (name: string) => `query parameter ${name} is empty or has an invalid encoding`;
const withToken = (value: string) => QUERY.replace(/Token=[^&]*/, `Token=${value}`);

function assertRefused(message: string, ...queries: readonly string[]): void {
  for (const query of queries) {
    assert.throws(
      () => parseQuery(query),
      (error) => hasCode(error, "token_parameter_refused") && error.message === message,
      `${query}: ${message}`,
    );
  }
}

test("each of the eight names is required, and no value can be empty", () => {
  assert.equal(Object.keys(PARAMETERS).length, 8);
  for (const name of Object.keys(PARAMETERS)) {
    assertRefused(`query parameter ${name} is missing`, queryWith({ [name]: undefined }));
    assertRefused(unusable(name), queryWith({ [name]: "" }));
  }
  assertRefused(unusable("X-Amz-Security-Token"), withToken(""));
});

test("the security token is optional, and omitted from the sent query if it is missing", () => {
  const query = parseQuery(queryWith());
  assert.equal("X-Amz-Security-Token" in query, false);
  assert.equal(formatQuery(query), SENT.replace(/&X-Amz-Security-Token=[^&]*/, ""));
});

test("a duplicate name is refused and named", () => {
  assertRefused("query parameter Action appears more than once", `${QUERY}&a%63TION=AssumeRole`);
});

test("any other name is refused, and named if it is harmless", () => {
  for (const name of ["RoleArn", "X-Amz-Content-Sha256", "x-k8s-aws-id", "Actions", "constructor"]) {
    assertRefused(unexpected(` "${name}"`), `${QUERY}&${name}=1`, `${name}=1&${QUERY}`);
  }
  for (const name of ["", "__proto__", "Action%20", "%20Action", "Action%5B%5D", "x".repeat(41), "X_Amz_Date"]) {
    assertRefused(unexpected(""), `${QUERY}&${name}=1`);
  }
});

test("a query is name=value pairs separated by a single &", () => {
  assertRefused(
    NOT_PAIRS,
    ...["", "&", `&${QUERY}`, `${QUERY}&`, `${QUERY}&Action`, `?${QUERY}`, `${QUERY}&a%0A=1`],
    ...[QUERY.replace("&", ";"), QUERY.replace("=", "=="), QUERY.replace("Action", "Ac+tion")],
  );
  assertRefused(unexpected(""), "=");
});

test("a message repeats only a short word", () => {
  assert.equal(named("X-Amz-Date2"), ' "X-Amz-Date2"');
  assert.equal(named("x".repeat(40)), ` "${"x".repeat(40)}"`);
  for (const text of ["", "x".repeat(41), "a b", "a\nb", "a/b", "é", '"']) assert.equal(named(text), "");
});
