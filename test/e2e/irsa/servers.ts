// kube-apiservers for each API version of the mutating policies.

/** The beta API of its minor version, emulated by the newest kube-apiserver with that version's CEL. */
const BETA = [
  "--feature-gates=MutatingAdmissionPolicy=true",
  "--runtime-config=admissionregistration.k8s.io/v1beta1=true",
  // The server itself uses the current API.
  "--emulation-forward-compatible=true",
];
export const SERVERS = [
  { name: "kube-apiserver 1.37", minor: "1.37", mutatingApi: "v1", flags: [] },
  {
    name: "kube-apiserver as 1.35",
    minor: "1.35",
    mutatingApi: "v1beta1",
    flags: ["--emulated-version=1.35", ...BETA],
  },
  {
    name: "kube-apiserver as 1.34",
    minor: "1.34",
    mutatingApi: "v1beta1",
    flags: ["--emulated-version=1.34", ...BETA],
  },
] as const;

export type PolicyServer = (typeof SERVERS)[number];
