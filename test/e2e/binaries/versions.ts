// What the end-to-end tests run, by version. Every one can be had whole from the Go module proxy.

/** The newest first; the last one is past its support upstream and still in the field. */
export const KUBERNETES_VERSIONS = ["1.37.2", "1.32.13"] as const;

export const ETCD_VERSION = "3.6.16";

/** The peer: its client makes tokens here, as it does for clusters that its own server guards. */
export const AWS_IAM_AUTHENTICATOR_VERSION = "0.7.8";

/** Terraform under a licence that lets it be built and used here (MPL 2.0). */
export const OPENTOFU_VERSION = "1.12.6";

/** The newest release of each minor version whose configuration packages the module proxy serves. */
export const TALOS_VERSIONS = ["1.14.1", "1.13.9", "1.12.0"] as const;

export const KOPS_VERSION = "1.36.2";

/** https://github.com/tmccombs/hcl2json */
export const HCL2JSON_VERSION = "0.6.9";
