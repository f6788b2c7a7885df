// Is this our kube-apiserver? By the client certificate that API Gateway has checked against its trust store.

import { CallerRefused } from "../../errors.ts";

/**
 * `subjects` are whole subject DNs, or `*` for every certificate of the trust store. A request that came without a
 * certificate, through an endpoint that should be disabled, is refused.
 */
export function checkClientCertificate(subject: string | undefined, subjects: readonly string[]): void {
  if (!subject) throw new CallerRefused("a client certificate is required");
  if (!subjects.includes("*") && !subjects.includes(subject)) {
    throw new CallerRefused(`the client certificate's subject is not in CALLER_SUBJECTS: ${subject}`);
  }
}
