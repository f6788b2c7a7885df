// Authentication of callers by client certificate and subject.

import assert from "node:assert/strict";
import { test } from "node:test";
import { checkClientCertificate } from "../../../../functions/authenticator/http/authenticate-caller.ts";

const SUBJECT = "CN=kube-apiserver,O=example,C=DE";

test("a request without a client certificate is refused, with and without pinned subjects", () => {
  for (const subject of [undefined, ""]) {
    assert.throws(() => checkClientCertificate(subject, []), { code: "caller_refused" });
    assert.throws(() => checkClientCertificate(subject, [SUBJECT]), { code: "caller_refused" });
    assert.throws(() => checkClientCertificate(subject, [""]), { code: "caller_refused" });
  }
});

test("* accepts every certificate of the truststore, and an empty list none", () => {
  for (const subject of [SUBJECT, "CN=another"]) {
    checkClientCertificate(subject, ["*"]);
    assert.throws(() => checkClientCertificate(subject, []), { code: "caller_refused" });
  }
  assert.throws(() => checkClientCertificate(undefined, ["*"]), { code: "caller_refused" });
});

test("a wildcard inside a subject has no meaning", () => {
  for (const subject of ["CN=*", "*,O=example", "**"]) {
    assert.throws(() => checkClientCertificate(SUBJECT, [subject]), { code: "caller_refused" }, subject);
  }
});

test("a pinned subject must match completely and exactly", () => {
  checkClientCertificate(SUBJECT, ["CN=other", SUBJECT]);
  for (const subject of [
    ...[
      "CN=kube-apiserver",
      `${SUBJECT},ST=x`,
      ` ${SUBJECT}`,
      SUBJECT.toLowerCase(),
      "C=DE,O=example,CN=kube-apiserver",
    ],
    ...[`x${SUBJECT}`, `${SUBJECT};CN=other`],
  ]) {
    assert.throws(() => checkClientCertificate(subject, [SUBJECT, "CN=other"]), { code: "caller_refused" }, subject);
  }
});
