// Authenticates kube-apiserver by the client certificate that API Gateway verified against its truststore.

import { CallerRefused } from "../../errors.ts";

/**
 * `subjects` are complete subject DNs, or `*` for every certificate that the truststore accepts. A request without a
 * certificate came through an endpoint that should be disabled, and is refused.
 */
export function checkClientCertificate(subject: string | undefined, subjects: readonly string[]): void {
  if (!subject) throw new CallerRefused("a client certificate is required");
  if (!subjects.includes("*") && !subjects.includes(subject)) {
    throw new CallerRefused(`the client certificate's subject is not in CALLER_SUBJECTS: ${subject}`);
  }
}
