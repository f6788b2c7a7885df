// Whether the keys that kube-apiserver uses are those that the issuer serves.

import type { Check } from "../../doctor/check.ts";
import type { PublishedKey } from "../keys/published-keys.ts";

/** What Parameter Store holds, against what the issuer serves. */
export function checkPublished(published: readonly PublishedKey[], served: readonly string[] | undefined): Check[] {
  const check = "keys";
  const invalid = published.flatMap(({ kid, problem }): Check[] =>
    problem === undefined
      ? []
      : [
          {
            check,
            state: "failed",
            seen: `issuer/${kid} ${problem}`,
            advice: "publish it again, or remove the parameter",
          },
        ],
  );
  const good = published.filter(({ key }) => key !== undefined).map(({ kid }) => kid);
  if (good.length === 0) {
    const seen = "no valid key is published";
    return [...invalid, { check, state: "failed", seen, advice: "publish the cluster's keys (irsa keys publish)" }];
  }
  if (served === undefined) return invalid;
  const waiting = good.filter((kid) => !served.includes(kid));
  const extra = served.filter((kid) => !good.includes(kid));
  const different = [...waiting.map((kid) => `${kid} is not served`), ...extra.map((kid) => `${kid} is served still`)];
  if (different.length > 0) {
    const advice = "wait for 30 s and run this again; if it stays, compare MAPPING_PREFIX and region of the function";
    return [...invalid, { check, state: "warning", seen: different.join(", "), advice }];
  }
  return [...invalid, { check, state: "ok", seen: `${good.length} published, and served` }];
}

/** `kids` are those of kube-apiserver's own JWKS. */
export function checkClusterKeys(kids: readonly string[], served: readonly string[]): Check {
  const check = "cluster keys";
  const missing = kids.filter((kid) => !served.includes(kid));
  if (missing.length === 0) return { check, state: "ok", seen: "each key of kube-apiserver is served" };
  const seen = `not served: ${missing.join(", ")}`;
  return {
    check,
    state: "failed",
    seen,
    advice: "publish them (irsa keys publish --kubeconfig): AWS refuses their tokens",
  };
}
