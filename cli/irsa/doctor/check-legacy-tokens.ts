// Checks the tokens in Secrets: kube-apiserver accepts each only while it has the key of kube-controller-manager.

import type { IssuerKey } from "../../../functions/issuer/key.ts";
import type { Check } from "../../doctor/check.ts";
import { Failure } from "../../errors.ts";
import type { Kubernetes } from "../kubernetes.ts";
import { shortList } from "../kubernetes-object.ts";
import { readLegacyTokens } from "../legacy-tokens.ts";

const check = "legacy tokens";

/** `keys` are those of kube-apiserver. */
export async function checkLegacyTokens(kubernetes: Kubernetes, keys: readonly IssuerKey[]): Promise<Check> {
  try {
    const tokens = await readLegacyTokens(kubernetes, keys);
    if (tokens.length === 0) return { check, state: "ok", seen: "no Secret contains a service account's token" };
    const rejected = tokens.filter(({ kid }) => kid === undefined).map(({ secret }) => secret);
    if (rejected.length > 0) {
      return {
        check,
        state: "failed",
        seen: `kube-apiserver accepts no key that signed the token of ${shortList(rejected)}`,
        advice:
          "add the public half of kube-controller-manager's --service-account-private-key-file to --service-account-key-file " +
          "on every node, or renew these tokens (docs/irsa-rotation.md)",
      };
    }
    const signed = Map.groupBy(tokens, ({ kid }) => kid ?? "");
    const parts = [...signed].map(([kid, found]) => `${kid} signed ${shortList(found.map(({ secret }) => secret))}`);
    const seen = `kube-apiserver accepts them as long as it has their keys: ${parts.join("; ")}`;
    return { check, state: "ok", seen };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const advice = "allow list on secrets, or run this as an administrator";
    return { check, state: "warning", seen: `not read: ${error.message}`, advice };
  }
}
