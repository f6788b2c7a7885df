// Checks that the policies are installed, and that each Pod of an annotated ServiceAccount has its role.

import type { Check } from "../../doctor/check.ts";
import { Failure } from "../../errors.ts";
import type { Kubernetes } from "../kubernetes.ts";
import { checkLabels, checkNamespaces, checkNumber, excludedNamespaces } from "./check-accounts.ts";
import { checkPods } from "./check-pods.ts";
import { checkPolicies, readPolicies } from "./installed-policies.ts";

export async function checkAdmission(kubernetes: Kubernetes): Promise<Check[]> {
  const policies = await attempt("policy", "allow list on admission policies and webhooks", () =>
    readPolicies(kubernetes),
  );
  const accounts = await attempt("accounts", "allow list on serviceaccounts", () =>
    kubernetes.list("/api/v1/serviceaccounts"),
  );
  const namespaces = await attempt("namespace", "allow list on namespaces", () =>
    kubernetes.list("/api/v1/namespaces"),
  );
  const pods = await attempt("pods", "allow list on pods", () => kubernetes.list("/api/v1/pods"));
  const excluded =
    policies.read && accounts.read && namespaces.read
      ? excludedNamespaces(policies.read, accounts.read, namespaces.read)
      : new Set<string>();
  return [
    ...(policies.read ? checkPolicies(policies.read) : [policies.check]),
    ...(accounts.read ? [] : [accounts.check]),
    ...(policies.read && accounts.read ? checkLabels(policies.read, accounts.read) : []),
    ...(policies.read && accounts.read ? checkNumber(policies.read, accounts.read) : []),
    ...(namespaces.read ? checkNamespaces(excluded) : [namespaces.check]),
    ...(pods.read ? (accounts.read ? checkPods(accounts.read, pods.read, excluded) : []) : [pods.check]),
  ];
}

type Attempt<T> = { readonly read: T } | { readonly read?: undefined; readonly check: Check };

async function attempt<T>(check: string, permission: string, read: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { read: await read() };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const advice = `${permission}, or run this as an administrator`;
    return { check: { check, state: "warning", seen: `not read: ${error.message}`, advice } };
  }
}
