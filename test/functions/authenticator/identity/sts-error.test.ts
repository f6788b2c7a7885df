// The code in an error body of STS, JSON or XML: exactly one, at its documented place, and never from a message.

import assert from "node:assert/strict";
import { test } from "node:test";
import { stsErrorCode } from "../../../../functions/authenticator/identity/sts-response.ts";
import { errorBody, errorXml } from "../fixtures.ts";

const CODE = "SignatureDoesNotMatch";
const NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/";

/** An error response with these children of `<Error>`. */
function xml(children: string, { before = "", attributes = ` xmlns="${NAMESPACE}"`, after = "" } = {}): string {
  return `${before}<ErrorResponse${attributes}><Error>${children}</Error><RequestId>r</RequestId></ErrorResponse>${after}`;
}

const code = (text = CODE): string => `<Code>${text}</Code>`;

test("the code is read from JSON and from XML, indented or not, whatever a message quotes", () => {
  const quoted = "&lt;/Message&gt;&lt;Code&gt;Throttling&lt;/Code&gt; &amp; Throttling";
  for (const body of [
    ...[errorBody(CODE), errorXml(CODE), xml(code()), xml(`<Type>Sender</Type>${code()}<Detail/>`)],
    ...[
      xml(`<Message>${quoted}</Message>${code()}`),
      xml(`${code()}\n  <Detail></Detail>  <Message>${quoted}</Message>`),
    ],
  ]) {
    assert.equal(stsErrorCode(body), CODE, body);
  }
  assert.equal(stsErrorCode(xml(code(), { before: '<?xml version="1.0" encoding="UTF-8"?>\n', after: "\n" })), CODE);
  assert.equal(stsErrorCode(xml(code(), { attributes: "" })), CODE);
  assert.equal(stsErrorCode(`<ErrorResponse><Error>${code()}</Error></ErrorResponse>`), CODE);
});

test("no code, two codes, and a code at another place give no code", () => {
  for (const body of [
    ...["", "<ErrorResponse/>", code(), `<Error>${code()}</Error>`, xml(""), xml("<Code></Code>"), xml("<Code/>")],
    ...[
      xml(code() + code()),
      xml(code() + code("Throttling")),
      xml(`${code()}<Message>${code("Throttling")}</Message>`),
    ],
    ...[xml(`<Detail>${code()}</Detail>`), xml(`<!-- ${code()} -->`), xml(`${code()}<!-- x -->`)],
    ...[xml(`<Code><![CDATA[${CODE}]]></Code>`), xml(`<Code x="y">${CODE}</Code>`), xml(`<code>${CODE}</code>`)],
    ...[xml(`<Code>${CODE}</Type>`), xml(`<Code>${CODE}`), xml(`${code()}text`), xml(`text${code()}`)],
    ...[xml(code("two words")), xml(code("a&amp;b")), xml(code("x".repeat(65))), xml(code(` ${CODE}`))],
    ...[xml(code(), { before: "x" }), xml(code(), { after: "x" }), xml(code(), { after: xml(code("Throttling")) })],
    ...[xml(code(), { before: '<!DOCTYPE x [<!ENTITY e "y">]>' }), xml(code(), { attributes: ' xmlns="a" b="c"' })],
    `<Response><Errors><Error>${code()}</Error></Errors></Response>`,
    `<ErrorResponse><Error>${code()}</Error><Error>${code("Throttling")}</Error></ErrorResponse>`,
    `<html><body>${xml(code())}</body></html>`,
    JSON.stringify({ Error: [{ Code: CODE }] }),
    JSON.stringify(xml(code())),
  ]) {
    assert.equal(stsErrorCode(body), undefined, body);
  }
});

test("a long body does not take long", () => {
  const before = process.threadCpuUsage();
  for (const body of [
    xml("<A>b</A>".repeat(8_000)),
    xml(`${" ".repeat(64_000)}x`),
    `<ErrorResponse><Error>${"<A>b</A> ".repeat(7_000)}`,
    `<ErrorResponse>${" ".repeat(64_000)}`,
    `<ErrorResponse><Error>${code()}</Error>${"\n".repeat(64_000)}x`,
  ]) {
    assert.equal(stsErrorCode(body), undefined);
  }
  // These take milliseconds. An expression that backtracks would take minutes.
  const { user } = process.threadCpuUsage(before);
  assert.ok(user < 2_000_000, `${user} µs`);
});
