// What the end-to-end tests run, by version. Every one can be had whole from the Go module proxy.

/** The newest first; the last one is past its support upstream and still in the field. */
export const KUBERNETES_VERSIONS = ["1.37.2", "1.32.13"] as const;

export const ETCD_VERSION = "3.6.16";

/** The peer: its client makes tokens here, as it does for clusters that its own server guards. */
export const AWS_IAM_AUTHENTICATOR_VERSION = "0.7.8";
