// Builds the trust policy of a service account's role: IAM compares it with a token's `sub` and
// `aud`.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html

export interface TrustedSubject {
  readonly namespace: string;
  /** Name of the service account. */
  readonly name: string;
}

/**
 * A label and a subdomain: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
 */
export const NAMESPACE = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const NAME = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;
const PATTERN = /^[a-z0-9.*?-]+$/;

interface SubjectProblem {
  /** The text is a pattern, which is allowed on request. */
  readonly isPattern: boolean;
  /**
   * A phrase for the user, without its article, such as `namespace "A" is not a Kubernetes name`.
   */
  readonly phrase: string;
}

/**
 * Returns the problem of a subject; `undefined` if it names one service account, or is a pattern
 * and `mayBePattern`.
 */
export function subjectProblem(
  { namespace, name }: TrustedSubject,
  mayBePattern: boolean,
): SubjectProblem | undefined {
  for (const [what, text, form] of [
    ["namespace", namespace, NAMESPACE],
    ["service account", name, NAME],
  ] as const) {
    if (form.test(text)) continue;
    const isPattern = /[*?]/.test(text) && PATTERN.test(text);
    const whose = `${what} "${text}"`;
    if (!isPattern) return { isPattern, phrase: `${whose} is not a Kubernetes name` };
    if (!mayBePattern) {
      const phrase = `${whose} is a pattern: every user who can create a match gets the role`;
      return { isPattern, phrase };
    }
  }
  return undefined;
}

function isPattern({ namespace, name }: TrustedSubject): boolean {
  return /[*?]/.test(namespace + name);
}

/** Returns the `sub` that kube-apiserver writes into a token. */
export function subjectOf({ namespace, name }: TrustedSubject): string {
  return `system:serviceaccount:${namespace}:${name}`;
}

/** Returns the issuer's name in ARNs and condition keys of IAM: its URL without the scheme. */
export function providerName(issuerUrl: string): string {
  return issuerUrl.replace(/^https:\/\//, "");
}

/**
 * Returns the conditions of a statement. They match both values exactly, or `sub` with StringLike
 * if the subject is a pattern.
 */
export function trustConditions(issuerUrl: string, subject: TrustedSubject, audience: string) {
  const name = providerName(issuerUrl);
  const sub = { [`${name}:sub`]: subjectOf(subject) };
  const aud = { [`${name}:aud`]: audience };
  return isPattern(subject)
    ? { StringEquals: aud, StringLike: sub }
    : { StringEquals: { ...sub, ...aud } };
}
