// How the log tells the checks of `doctor` from requests of kube-apiserver.

/** The start of the User-Agent of requests of `doctor`. Anyone can send it. */
export const PROBE_AGENT = "iam-authenticator-doctor/";
