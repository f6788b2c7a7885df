// Which service account a role is for: the trust policy that IAM judges a token's `sub` and `aud` by.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html

export interface TrustedSubject {
  readonly namespace: string;
  /** Of the service account. */
  readonly name: string;
}

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/names/: a label, and a subdomain */
const NAMESPACE = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const NAME = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;
const PATTERN = /^[a-z0-9.*?-]+$/;

/** What is wrong with it; `undefined` where it names one service account, or may be a pattern and is one. */
export function subjectProblem({ namespace, name }: TrustedSubject, mayBePattern: boolean): string | undefined {
  for (const [what, text, form] of [
    ["namespace", namespace, NAMESPACE],
    ["service account", name, NAME],
  ] as const) {
    if (form.test(text)) continue;
    const isPattern = /[*?]/.test(text) && PATTERN.test(text);
    if (!isPattern) return `the ${what} "${text}" is not a Kubernetes name`;
    if (!mayBePattern)
      return `the ${what} "${text}" is a pattern: anybody who may create what it matches gets the role`;
  }
  return undefined;
}

function isPattern({ namespace, name }: TrustedSubject): boolean {
  return /[*?]/.test(namespace + name);
}

/** As kube-apiserver writes it into a token. */
export function subjectOf({ namespace, name }: TrustedSubject): string {
  return `system:serviceaccount:${namespace}:${name}`;
}

/** The issuer as IAM names it in ARNs and condition keys: without the scheme. */
export function providerName(issuerUrl: string): string {
  return issuerUrl.replace(/^https:\/\//, "");
}

/** Both values exactly, unless the subject is a pattern: then `sub` by StringLike. */
export function trustConditions(issuerUrl: string, subject: TrustedSubject, audience: string) {
  const name = providerName(issuerUrl);
  const sub = { [`${name}:sub`]: subjectOf(subject) };
  const aud = { [`${name}:aud`]: audience };
  return isPattern(subject) ? { StringEquals: aud, StringLike: sub } : { StringEquals: { ...sub, ...aud } };
}
