// The URL of a cluster's kube-apiserver.

export const SERVER_RULE = "an https:// URL, such as https://10.0.0.1:6443";

/**
 * Returns whether users may connect to this URL. kube-apiserver serves only HTTPS, and clients send
 * their tokens to it. kubectl accepts a path, as for a proxy in front of many clusters.
 */
export function isServer(text: string): boolean {
  if (!/^https:\/\/[\x21-\x7e]{1,1000}$/.test(text)) return false;
  const url = URL.parse(text);
  return url !== null && `${url.username}${url.password}${url.search}${url.hash}` === "";
}
