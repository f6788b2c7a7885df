// The TokenReview that kube-apiserver sends.

export const V1 = "authentication.k8s.io/v1";
export const VERSIONS = [V1, "authentication.k8s.io/v1beta1"] as const;

export const KUBE_HEADERS = {
  Accept: "application/json, */*",
  "Content-Type": "application/json",
  "User-Agent": "kube-apiserver/v1.34.0",
};

/** The body, with a newline at the end, as kube-apiserver writes it. */
export function reviewBody(apiVersion: string, token: unknown, audiences?: unknown): string {
  const metadata = { creationTimestamp: null };
  const review = { kind: "TokenReview", apiVersion, metadata, spec: { token, audiences }, status: { user: {} } };
  return `${JSON.stringify(review)}\n`;
}
