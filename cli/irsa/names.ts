// Names that AWS SDKs, EKS and existing manifests use. We cannot change them.
// https://docs.aws.amazon.com/eks/latest/userguide/iam-roles-for-service-accounts.html

/** Prefix of each annotation. */
export const ANNOTATION = "eks.amazonaws.com/";
export const ROLE_ANNOTATION = `${ANNOTATION}role-arn`;
/** Prefix of the annotations and of the label that upstream does not have. */
export const OWN_PREFIX = "irsa.iam-authenticator/";
/** Pods with this label are not changed, as with the objectSelector of upstream's webhook. */
export const SKIP_LABEL = `${ANNOTATION}skip-pod-identity-webhook`;

export const VOLUME = "aws-iam-token";
export const TOKEN_FOLDER = "/var/run/secrets/eks.amazonaws.com/serviceaccount";
export const TOKEN_FILE = `${TOKEN_FOLDER}/token`;
/** As upstream, only the variable has a Windows path. The mount's path works on Windows too. */
export const WINDOWS_TOKEN_FILE = `C:${TOKEN_FILE.replaceAll("/", "\\")}`;

export const STS_AUDIENCE = "sts.amazonaws.com";
export const DEFAULT_TOKEN_EXPIRATION = 86_400;

/** Name of the policies for Pods and of their bindings. */
export const POLICY_NAME = "irsa.iam-authenticator";
/** Name of the policy that labels ServiceAccounts, and of its binding. */
export const LABEL_POLICY_NAME = "irsa-label.iam-authenticator";
/** The bindings of the policies for Pods select ServiceAccounts by this label. The role comes from the annotation alone. */
export const ROLE_LABEL = `${OWN_PREFIX}has-role`;
