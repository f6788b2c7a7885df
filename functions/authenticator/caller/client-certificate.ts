// Authenticates kube-apiserver by the client certificate that API Gateway verified against its truststore.

import { httpError } from "../../errors.ts";

/**
 * `subjects` are complete subject DNs, or `*` for every certificate that the truststore accepts. A request without a
 * certificate came through an endpoint that should be disabled, and is refused.
 */
export function checkClientCertificate(subject: string | undefined, subjects: readonly string[]): void {
  if (!subject) throw httpError("caller_refused", "a client certificate is required");
  if (!subjects.includes("*") && !subjects.includes(subject)) {
    throw httpError("caller_refused", `the client certificate's subject is not in CALLER_SUBJECTS: ${subject}`);
  }
}
