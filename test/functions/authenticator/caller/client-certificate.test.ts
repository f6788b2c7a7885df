// Authentication of callers by client certificate and subject.

import assert from "node:assert/strict";
import { test } from "node:test";
import { checkClientCertificate } from "../../../../functions/authenticator/http/authenticate-caller.ts";

const SUBJECT = "CN=kube-apiserver,O=example,C=DE";

for (const [rule, subjects, accepted, refused] of [
  ["an empty list accepts no certificate", [], [], [SUBJECT, undefined, ""]],
  ["* accepts every certificate of the truststore", ["*"], [SUBJECT, "CN=another"], [undefined, ""]],
  ["a wildcard inside a subject has no meaning", ["CN=*", "*,O=example", "**"], [], [SUBJECT]],
  ["a request without a client certificate is refused, even for an empty subject", [""], [], [undefined, ""]],
  [
    "a pinned subject must match completely and exactly",
    ["CN=other", SUBJECT],
    [SUBJECT, "CN=other"],
    [
      undefined,
      "CN=kube-apiserver",
      `${SUBJECT},ST=x`,
      ` ${SUBJECT}`,
      `x${SUBJECT}`,
      `${SUBJECT};CN=other`,
      SUBJECT.toLowerCase(),
      "C=DE,O=example,CN=kube-apiserver",
    ],
  ],
] as const) {
  test(rule, () => {
    for (const subject of accepted) checkClientCertificate(subject, subjects);
    for (const subject of refused) {
      assert.throws(() => checkClientCertificate(subject, subjects), { code: "caller_refused" }, subject);
    }
  });
}
