// The versions of programs in end-to-end tests. The Go module proxy serves all of them.

/** Newest first; the last one is no longer supported upstream, but still in use. */
export const KUBERNETES_VERSIONS = ["1.37.2", "1.32.13"] as const;

export const ETCD_VERSION = "3.6.16";

/** The peer, whose client also creates tokens in these tests. */
export const AWS_IAM_AUTHENTICATOR_VERSION = "0.7.8";

/** Compatible with Terraform, under a license that allows this use (MPL 2.0). */
export const OPENTOFU_VERSION = "1.12.6";

/** The newest release per minor version whose configuration packages the module proxy serves. */
export const TALOS_VERSIONS = ["1.14.1", "1.13.9", "1.12.0"] as const;

export const KOPS_VERSION = "1.36.2";

export const CLUSTER_API_VERSION = "1.14.2";

/** https://github.com/tmccombs/hcl2json */
export const HCL2JSON_VERSION = "0.6.9";

/** The newest that the module proxy serves. */
export const KREW_VERSION = "0.4.4";

/** The newest of which the module proxy and the checksum database have everything. */
export const AQUA_VERSION = "2.10.0";
