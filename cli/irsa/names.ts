// Names that AWS SDKs, EKS and everybody's manifests know; none of them is ours to choose.
// https://docs.aws.amazon.com/eks/latest/userguide/iam-roles-for-service-accounts.html

/** Begins the name of each annotation. */
export const ANNOTATION = "eks.amazonaws.com/";
export const ROLE_ANNOTATION = `${ANNOTATION}role-arn`;
/** A Pod with this label is left alone; upstream's webhook configuration has it as its objectSelector. */
export const SKIP_LABEL = `${ANNOTATION}skip-pod-identity-webhook`;

export const VOLUME = "aws-iam-token";
export const TOKEN_FOLDER = "/var/run/secrets/eks.amazonaws.com/serviceaccount";
export const TOKEN_FILE = `${TOKEN_FOLDER}/token`;
/** Upstream converts the variable; the mount's path stays as it is, which Windows understands. */
export const WINDOWS_TOKEN_FILE = `C:${TOKEN_FILE.replaceAll("/", "\\")}`;

export const STS_AUDIENCE = "sts.amazonaws.com";
export const DEFAULT_TOKEN_EXPIRATION = 86_400;

/** Of the policies and of their bindings. */
export const POLICY_NAME = "irsa.iam-authenticator";
