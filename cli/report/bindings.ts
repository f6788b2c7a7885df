// Reads the RBAC bindings of a cluster, and finds the roles that a mapping's username and groups are bound to.

import { openKubernetes } from "../irsa/kubernetes.ts";
import { listAt, nameOf, namespaceOf, stringAt } from "../irsa/kubernetes-object.ts";
import type { Entry } from "../store/entry.ts";
import type { IOStreams } from "../terminal/io-streams.ts";

const PATH = "/apis/rbac.authorization.k8s.io/v1";

/** kube-apiserver adds this group to every user. */
const EVERY_USER = "system:authenticated";
/** https://kubernetes.io/docs/reference/access-authn-authz/rbac/#discovery-roles */
const OF_EVERY_USER = ["system:basic-user", "system:discovery", "system:public-info-viewer"];

/** Returns the roles of an entry, such as `ClusterRole/view in team-a`, without those that Kubernetes gives to every user. */
export async function readRoles(kubeconfig: string, io: IOStreams): Promise<(entry: Entry) => string[]> {
  const kubernetes = await openKubernetes(kubeconfig, io);
  const bindings = [
    ...(await kubernetes.list(`${PATH}/clusterrolebindings`)),
    ...(await kubernetes.list(`${PATH}/rolebindings`)),
  ];
  /** Roles by kind and name of the subject. */
  const roles = { User: new Map<string, Set<string>>(), Group: new Map<string, Set<string>>() };
  for (const binding of bindings) {
    const namespace = namespaceOf(binding);
    const role = `${stringAt(binding, "roleRef", "kind")}/${stringAt(binding, "roleRef", "name")}${namespace && ` in ${namespace}`}`;
    for (const subject of listAt(binding, "subjects")) {
      const [kind, name] = [stringAt(subject, "kind"), stringAt(subject, "name")];
      const isDefault = name === EVERY_USER && OF_EVERY_USER.includes(nameOf(binding));
      if ((kind !== "User" && kind !== "Group") || isDefault) continue;
      const known = roles[kind].get(name) ?? new Set();
      roles[kind].set(name, known.add(role));
    }
  }
  return ({ mapping: { username = "", groups = [] } }) => [
    ...new Set([
      ...rolesFor(username, roles.User),
      ...[...groups, EVERY_USER].flatMap((group) => rolesFor(group, roles.Group)),
    ]),
  ];
}

const PLACEHOLDER = /\{[^{}]*\}/;

/** A template may become any name that fits: its roles name the subject. */
function rolesFor(template: string, bySubject: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  if (!PLACEHOLDER.test(template)) return [...(bySubject.get(template) ?? [])];
  const literals = template.split(PLACEHOLDER).map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const pattern = new RegExp(`^${literals.join(".+")}$`);
  return [...bySubject].flatMap(([name, roles]) =>
    pattern.test(name) ? [...roles].map((role) => `${role} (${name})`) : [],
  );
}
