// The claims of SECURITY.md that name a test: for each, a small break of the product with which
// that test must fail.

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: source text

/** Shortened paths: most breaks are in the function. */
const F = "functions/authenticator";
const T = "test/functions/authenticator";
const A = `${T}/attacks`;

export interface Claim {
  /** How a row, an item of a list or a paragraph of SECURITY.md begins, which no other one does. */
  readonly statement: string;
  readonly file: string;
  /** In the file exactly once. */
  readonly from: string;
  readonly to: string;
  /** A file that the statement names. It fails with the break. */
  readonly test: string;
}

type Row = readonly [statement: string, file: string, from: string, to: string, test: string];

// biome-ignore format: a table
const ROWS: readonly Row[] = [
  // Who is trusted with what
  ["people who may write `<prefix>/settings/...`", "cli/model/names.ts", '["system:", ...reservedPrefixes, ...ofOthers]', 'reservedPrefixes.length > 0 ? [] : ["system:"]', "test/cli/model/access/false-settings.test.ts"],
  ["people who may write `<prefix>/settings/...`", "infra/grants.ts", "resourceArns: [...lists.map((path) => prefixArn(scope, prefix, path)), settings],", "resourceArns: []", "test/infra/policies.test.ts"],

  ["people who may write `<prefix>/cluster/...`", `${F}/aws/sts.ts`, '"x-k8s-aws-id": signedId }', '"x-k8s-aws-id": signedId && "cluster-a" }', `${A}/refused-tokens.test.ts`],
  ["people who may write `<prefix>/cluster/...`", "cli/kube/merge-kubeconfig.ts", "isPublished ? stored.flatMap((item) => differentAuthority(item, wanted)) : []", "[]", "test/cli/commands/kubeconfig/published.test.ts"],
  ["people who may write `<prefix>/cluster/...`", "cli/model/published-cluster.ts", "if (unknown !== undefined) return", "if (false) return", "test/cli/commands/kubeconfig/published.test.ts"],
  ["people who may write `<prefix>/cluster/...`", "infra/grants.ts", "account === undefined ? [clusterParameter(prefix, clusterId)] : []", "[clusterParameter(prefix, clusterId)]", "test/infra/policies.test.ts"],
  ["a team's operator", "infra/grants.ts", '.filter((kind) => kind !== "deny")', "", "test/infra/policies.test.ts"],
  ["the deploying role", "build/templates/deploying-role.ts", 'settingsParameter(prefix, "*"),', '`${prefix}/*`,', "test/build/templates/templates.test.ts"],
  ["people who can put code into a release", ".github/workflows/release.yml", "diff -r release-X64 release-ARM64", "true", "test/workflows.test.ts"],
  ["people who operate another cluster with the same cluster id", `${F}/aws/sts.ts`, '"x-k8s-aws-id": signedId }', '"x-k8s-aws-id": signedId && "cluster-a" }', `${A}/refused-tokens.test.ts`],
  ["people who may delete log streams", "infra/grants.ts", '"logs:FilterLogEvents", "logs:StartQuery"', '"logs:FilterLogEvents", "logs:StartQuery", "logs:DeleteLogStream"', "test/infra/policies.test.ts"],

  // Threats, defences and their tests
  ["A token for another cluster is replayed here", `${F}/aws/sts.ts`, '"x-k8s-aws-id": signedId }', '"x-k8s-aws-id": signedId && "cluster-a" }', `${A}/refused-tokens.test.ts`],
  ["Names that differ in case or percent-encoding", `${F}/token/query.ts`, "if (values.has(canonical))", "if (values.has(rawName as QueryName))", `${A}/refused-tokens.test.ts`],
  ["A JWT with another algorithm, key, issuer or audience", `${F}/jwt/parse-jwt.ts`, 'ALGORITHMS.find((known) => known === header["alg"])', "ALGORITHMS[0]", `${A}/jwt-header.test.ts`],
  ["A JWT with another algorithm, key, issuer or audience", `${F}/jwt/parse-jwt.ts`, "REFUSED_PARAMETERS.find((name) => Object.hasOwn(header, name))", '["crit"].find((name) => Object.hasOwn(header, name))', `${A}/jwt-header.test.ts`],
  ["A JWT with another algorithm, key, issuer or audience", `${F}/jwt/parse-jwt.ts`, 'checkAudience(claims["aud"], jwtAudience(clusterId));', "", `${A}/jwt-claims.test.ts`],
  ["A JWT with another algorithm, key, issuer or audience", `${F}/jwt/parse-jwt.ts`, "if (repeatedKey(claims) !== undefined)", "if (false)", `${A}/jwt-claims.test.ts`],
  ["A JWT with another algorithm, key, issuer or audience", `${F}/jwt/parse-jwt.ts`, "const issuerAccount = accountByIssuer.get(issuer);", "const issuerAccount = accountByIssuer.get(issuer) ?? [...accountByIssuer.values()][0];", `${A}/jwt-claims.test.ts`],
  ["A JWT with another algorithm, key, issuer or audience", `${F}/jwt/signed-tokens.ts`, "if (error instanceof JWSSignatureVerificationFailed) return false;", "return true;", `${A}/jwt-header.test.ts`],
  ["A hostile or broken document of keys", `${F}/jwt/key-set.ts`, "modulus.length >= MODULUS.min && ", "", `${A}/jwt-keys.test.ts`],
  ["A hostile or broken document of keys", `${F}/jwt/key-set.ts`, "ids.indexOf(id) !== ids.lastIndexOf(id)", "false", `${A}/jwt-keys.test.ts`],
  ["A hostile or broken document of keys", `${F}/aws/aws-signed-tokens.ts`, "const MAX_BODY_BYTES = 64 * 1024;", "const MAX_BODY_BYTES = 64 * 1024 * 1024;", `${A}/jwt-keys.test.ts`],
  ["A hostile or broken document of keys", `${F}/jwt/signing-keys.ts`, "const INTERVAL_MS = 60_000;", "const INTERVAL_MS = 0;", `${T}/jwt/signing-keys.test.ts`],
  ["A hostile or broken document of keys", "functions/aws/services.ts", "failure: { ms: 5_000,", "failure: { ms: 0,", `${T}/jwt/signing-keys.test.ts`],
  ["A forged token puts an identity into the log", `${F}/jwt/jwt-identity.ts`, '"sub must be the ARN of an IAM role or user"', "`sub must not be ${sub}`", `${A}/jwt-log.test.ts`],
  ["A denied person or a pinned mapping is evaded with a token", `${F}/mapping/evaluate.ts`, "isSessionUnknown(identity) && matching(mayDeny).length > 0", "false", `${A}/jwt-mappings.test.ts`],
  ["A denied person or a pinned mapping is evaded with a token", `${F}/mapping/evaluate.ts`, 'if (identity.principalId === undefined) return { kind: "unknown", problem };', 'if (identity.principalId === undefined) return { kind: "match", mapping };', `${A}/jwt-mappings.test.ts`],
  ["A user chooses a tag or a source identity", `${F}/mapping/claim-placeholders.ts`, "      : !isChosen(name) || /^", "      : true || /^", `${T}/mapping/template.test.ts`],
  ["A user chooses a tag or a source identity", `${F}/mapping/claim-placeholders.ts`, "start + placeholder === template && ", "", `${T}/mapping/template.test.ts`],
  ["A user chooses a tag or a source identity", `${F}/mapping/template.ts`, "claim === undefined ? [] : adminGroupsOf(group)", "claim === undefined ? [] : []", `${T}/mapping/template.test.ts`],
  ["A user chooses a tag or a source identity", `${F}/user/user.ts`, "if (isClaimValue(value)) return", "if (value !== null) return", `${A}/jwt-groups.test.ts`],
  ["One text is validated, another is sent", `${F}/token/token.ts`, "target: `/?${formatQuery(query)}`", "target: `/?${queryText}`", `${T}/token/edited-token.test.ts`],
  ["Look-alike hosts, userinfo, ports, redirects", `${F}/token/token.ts`, "if (!hosts.regionByHost.has(host)) {", "if (!hosts.regionByHost.has(host.replace(/^.*@|:\\d+$/g, \"\"))) {", `${A}/refused-tokens.test.ts`],
  ["Look-alike hosts, userinfo, ports, redirects", `${F}/identity/sts-response.ts`, "if (status === 200) {", "if (status < 400) {", `${A}/reflected-answer.test.ts`],
  ["kube-apiserver is redirected to a host of an attacker", `${F}/http/answer-errors.ts`, 'return error.outcome === "fault" && ', "return ", `${T}/http/answers.test.ts`],
  ["kube-apiserver is redirected to a host of an attacker", `${F}/settings.ts`, "String.raw`https://((?:[a-z0-9-]+", "String.raw`https?://((?:[a-z0-9-]+", `${T}/refused-settings.test.ts`],
  ["kube-apiserver is redirected to a host of an attacker", "infra/check-props.ts", "new RegExp(`^${FAILOVER_ORIGIN}/authenticate$`)", "new RegExp(`^${FAILOVER_ORIGIN}`)", "test/infra/check-props.test.ts"],
  ["kube-apiserver is redirected to a host of an attacker", "infra/endpoint/http-endpoint.ts", '"overwrite:header.location": failoverUrl', '"overwrite:header.location": "$response.header.location"', "test/infra/endpoint/endpoint.test.ts"],
  ["The clock of an environment steps back", "functions/lib/age.ts", "now().steps === since.steps && isUsable", "isUsable", `${A}/clock-steps.test.ts`],
  ["The clock of an environment steps back", "functions/lib/age.ts", "if (time < last) moment = { elapsedMs, steps: steps + 1 };", "if (time < last) moment = { elapsedMs: elapsedMs + time - last, steps: steps + 1 };", "test/functions/lib/age.test.ts"],
  ["A person who is denied at the primary makes it fail", "cli/plan/carry-out.ts", "if (!goesOn)\n", "if (goesOn)\n", "test/cli/commands/mappings/several-clusters.test.ts"],
  ["An answer of another action reflects", `${F}/identity/sts-response.ts`, 'memberAt(answer, "GetCallerIdentityResponse", "GetCallerIdentityResult")', "Object.values(Object.values(answer ?? {})[0] ?? {})[0]", `${A}/reflected-answer.test.ts`],
  ["A cache key without the account", `${F}/identity/identity-cache.ts`, "(tokenHash: string): string => `${scope}/${tokenHash}`", "(_: string): string => scope", `${A}/warm-environment.test.ts`],
  ["A malformed mapping grants access", `${F}/mapping/select.ts`, '?? first("unknown") ?? holding[0]', '?? first("unknown") ?? holding.find(({ verdict }) => verdict.kind !== "invalid")', `${A}/bad-mappings.test.ts`],
  ["A denial is lost by a mistake in it", `${F}/mapping/evaluate.ts`, "if (problem !== undefined)\n    return { verdict: { kind: \"invalid\", problem }, invalidCount: problems.length };", "", `${T}/mapping/deny-list.test.ts`],
  ["A denial is lost by a mistake in it", `${F}/mapping/evaluate.ts`, ": name === person,", ": false,", `${T}/mapping/deny-list.test.ts`],
  ["A denial is lost by a mistake in it", `${F}/mapping/select.ts`, 'return first("deny") ?? first("unknown") ?? ', "return ", `${T}/mapping/select.test.ts`],
  ["A denial is lost by a mistake in it", "cli/model/entry-arns.ts", 'const named = kind === "deny" && "name" in mapping ? mapping.name : undefined;', "const named: string | undefined = undefined;", "test/cli/commands/mappings/denied-names.test.ts"],
  ["A repeated key hides a denial", `${F}/mapping/mapping.ts`, "if (unknown === undefined) return repeatedKeyProblem(value);", "if (unknown === undefined) return undefined;", `${A}/bad-mappings.test.ts`],
  ["A repeated key hides a denial", "functions/lib/json.ts", "if (Object.hasOwn(parent, key)) addRepetition(open, parent, key, value);", "", "test/functions/lib/json.test.ts"],
  ["False settings in Parameter Store hide a grant", "cli/model/names.ts", '["system:", ...reservedPrefixes, ...ofOthers]', 'reservedPrefixes.length > 0 ? [] : ["system:"]', "test/cli/model/access/false-settings.test.ts"],
  ["False settings in Parameter Store hide a grant", "cli/model/access/administrators.ts", "[review, withoutRestrictions(review)].find(isLastRemoved)", "[review].find(isLastRemoved)", "test/cli/model/access/administrators.test.ts"],
  ["A change by the command grants access that the change does not name", "cli/model/access/judge-change.ts", "if (!isOfOne(entry.kind))\n", "if (false)\n", "test/cli/commands/mappings/marks.test.ts"],
  ["A change by the command grants access that the change does not name", "cli/plan/write-values.ts", "if (judged !== undefined) throw", "if (false) throw", "test/cli/plan/write-values.test.ts"],
  ["A change by the command grants access that the change does not name", "cli/model/access/phases.ts", "MAPPING_FOUND_MS + 5_000", "0", "test/cli/plan/phases.test.ts"],
  ["A stricter rule of a new version locks users out", "functions/deployment-check/stored-values.ts", "if (JSON.stringify(before ?? []) === JSON.stringify(validityOf(read))) return [];", "return [];", "test/functions/deployment-check/stored-values.test.ts"],
  ["A stricter rule of a new version locks users out", "functions/deployment-check/accounts.ts", "return isLost(account) ?", "return false ?", "test/functions/deployment-check/accounts.test.ts"],
  ["A person takes another's `sso-session` entry", `${F}/mapping/evaluate.ts`, "sessions.includes(sessionName)", "sessions.some((session) => session.toLowerCase() === sessionName.toLowerCase())", `${T}/mapping/select.test.ts`],
  ["A missing or misspelt `CALLER_SUBJECTS`", `${F}/settings.ts`, "if (subjects.length === 0) {", "if (false) {", `${T}/refused-settings.test.ts`],
  ["A reserved name by way of a template", `${F}/user/user.ts`, 'for (const group of [...user.groups, ...omitted]) check("a group", group);', "", `${T}/user/user.test.ts`],
  ["A reserved name by way of a template", `${F}/user/user.ts`, 'check("the username", user.username);', "", `${T}/user/user.test.ts`],
  ["A session name impersonates a node", `${F}/aws/ec2-node-name.ts`, "return hasRole && InstanceProfile.Arn === profileArn;", "return true;", `${T}/aws/ec2-node-name.test.ts`],
  ["A session name impersonates a node", `${F}/aws/ec2-node-name.ts`, "if (owner !== accountId) return", "if (false) return", `${T}/aws/ec2-node-name.test.ts`],
  ["An instance in another VPC has the private name", `${F}/aws/ec2-node-name.ts`, "if (vpcs.length > 0 && !vpcs.includes(", "if (false && !vpcs.includes(", `${T}/aws/ec2-node-name.test.ts`],
  ["Identities of foreign accounts use up", `${F}/review/review.ts`, "if (!acceptsAccount(rules.accounts, identity.accountId))", "if (false)", `${T}/review/review.test.ts`],
  ["An older read of Parameter Store ends last", "functions/parameters/parameter-cache.ts", "cached !== undefined && cached.sequence > entry.sequence ? cached : entry", "cached === null ? cached : entry", "test/functions/parameters/parameter-cache-races.test.ts"],
  ["A token is made good for a foreign service", `${F}/review/token-review.ts`, "requested.filter((audience) => configured.includes(audience))", "[...requested]", `${A}/refused-tokens.test.ts`],
  ["A stolen token is tried out at the endpoint", `${F}/handler.ts`, ".use(authenticateCaller(settings, readCallers, proveCaller))\n    .use(readReview())", ".use(readReview())\n    .use(authenticateCaller(settings, readCallers, proveCaller))", `${T}/http/callers.test.ts`],
  ["A stolen token is tried out at the endpoint", `${F}/http/authenticate-caller.ts`, 'if (callerAuth === "bearer") return checkToken(event);', "", `${T}/http/callers.test.ts`],
  ["A user's token proves a caller", "functions/settings/common.ts", "return `${clusterId}:caller`;", "return clusterId;", `${T}/caller/iam-callers.test.ts`],
  ["A stolen caller's token is used for years", `${F}/caller/iam-callers.ts`, "const CHECK_MS = 60_000;", "const CHECK_MS = 3_600_000;", `${T}/caller/iam-proofs.test.ts`],
  ["A stolen caller's token is used for years", `${F}/caller/iam-callers.ts`, "(principalId === undefined || principalId === result.principalId)", "true", `${T}/caller/iam-callers.test.ts`],
  ["Tokens of strangers make the function call STS", `${F}/caller/iam-callers.ts`, "if (!turn.isOver())\n", "if (false)\n", `${T}/caller/iam-proofs.test.ts`],
  ["Tokens of strangers make the function call STS", `${F}/caller/iam-callers.ts`, "(isCaller ? callers : strangers).set", "callers.set", `${T}/caller/iam-proofs.test.ts`],
  ["An outage of STS locks kube-apiserver out", `${F}/caller/iam-callers.ts`, 'if (!isAuthenticatorError(error) || !["fault", "throttled"].includes(error.outcome))\n        throw error;', "throw error;", `${T}/caller/iam-proofs.test.ts`],
  ["The caller's token is guessed by timing", `${F}/caller/bearer.ts`, "timingSafeEqual(sha256, bytes) && ", "sha256.equals(bytes) && ", `${T}/caller/bearer.test.ts`],
  ["An outage becomes a denial, or a denial is cached", "functions/errors.ts", 'parameters_unavailable: ["fault",', 'parameters_unavailable: ["denied",', `${T}/http/answers.test.ts`],
  ["An outage becomes a denial, or a denial is cached", "functions/parameters/parameter-cache.ts", "usable.length === names.length && ", "", "test/functions/parameters/parameter-cache.test.ts"],
  ["An outage becomes a denial, or a denial is cached", "infra/endpoint/http-endpoint.ts", 'const retried = { "overwrite:statuscode": "500" };', 'const retried = { "overwrite:statuscode": "503" };', "test/infra/endpoint/endpoint.test.ts"],
  ["What a warm environment remembers changes an answer", "functions/parameters/stored-parameter.ts", "MAPPING_FOUND_MS = 30_000", "MAPPING_FOUND_MS = 90_000", `${A}/warm-environment.test.ts`],
  ["An EC2 instance that is not a node logs in", `${F}/identity/identity.ts`, "+=,.@-]{1,128}", "+=,.@:-]{1,128}", `${T}/identity/identity.test.ts`],
  ["An EC2 instance that is not a node logs in", `${F}/identity/identity.ts`, 'if (isInstanceIdentity(resource ?? ""))', "if (false)", `${T}/identity/identity.test.ts`],
  ["What a warm environment remembers changes an answer", `${F}/identity/identity-cache.ts`, " &&\n          clock() < known.expiresAt", "", `${T}/identity/identity.test.ts`],
  ["Callers that are read ahead count for too long", "functions/lib/work-ahead.ts", ".catch(() => {})", "", "test/functions/lib/work-ahead.test.ts"],
  ["While Parameter Store throttles, strangers cause more", "functions/aws/services.ts", "failure: { ms: 1_000,", "failure: { ms: 0,", "test/functions/parameters/parameter-cache-races.test.ts"],
  ["Tokens for an STS host that does not answer", "functions/aws/services.ts", "const SILENT_MS = 2_000;", "const SILENT_MS = 0;", `${T}/aws/sts-tries.test.ts`],
  ["EC2, IAM, Parameter Store or an issuer's keys", "functions/lib/guard.ts", "if (isFull) remember(", "if (!isFull) remember(", "test/functions/lib/guard.test.ts"],
  ["Strangers evict what a user's review has read", `${F}/review/review.ts`, "keep?.();", "", `${A}/warm-environment.test.ts`],
  ["Strangers use up memory or time", "functions/gateway/http.ts", "Buffer.byteLength(payload, encoding)", "payload.length", "test/functions/gateway/http.test.ts"],
  ["An operator takes a person for denied who is not", "cli/model/name-denials.ts", "arn !== undefined && sectionsCover(pattern, arn);", "arn !== undefined && sectionsOverlap(pattern, arn);", "test/system/explained-names.test.ts"],
  ["A forged service account token gets the role", "functions/issuer/key.ts", "return key.kid === kid\n", "return true\n", "test/functions/issuer/key.test.ts"],
  ["A forged service account token gets the role", "functions/issuer/key.ts", "if (modulusLength < MIN_RSA_BITS)", "if (false)", "test/functions/issuer/key.test.ts"],
  ["A forged service account token gets the role", "functions/issuer/keys.ts", "return parameter === expected ?", "return true ?", "test/functions/issuer/keys.test.ts"],
  ["A permission to manage mappings becomes a permission for every role", "infra/grants.ts", "kinds.map((kind) => `${kind}/*`)", '["*"]', "test/infra/policies.test.ts"],
  ["A Pod's token for AWS logs in to kube-apiserver", "cli/commands/irsa/flags.ts", "`--service-account-issuer=${issuer}`,", "`--service-account-issuer=${issuer}`, `--api-audiences=${issuer},sts.amazonaws.com`,", "test/cli/commands/irsa/print.test.ts"],
  ["A Pod runs with the node's role", "cli/commands/irsa/check-admission.ts", "(pod) => !hasVolume(pod) && ", "(pod) => false && ", "test/cli/commands/irsa/doctor.test.ts"],
  ["A name forges a line of the log", "functions/telemetry/log-line.ts", "print(JSON.stringify({ ...entry, ...metrics }))", 'print(JSON.stringify({ ...entry, ...metrics }).replaceAll("\\\\n", "\\n"))', `${T}/http/log-review.test.ts`],
  ["Text of a log or of Parameter Store moves", "cli/io/run.ts", 'return text.replace(CONTROL, "?");', "return text;", "test/cli/io/forged-lines.test.ts"],
  ["Text of a log or of Parameter Store moves", "cli/main/complete.ts", "shellWord(name) === name && ", "", "test/cli/main/completion.test.ts"],
  ["Credentials that `token --cache` keeps", "cli/commands/token/credential-cache.ts", '{ mode: 0o600, flag: "wx" }', '{ mode: 0o644, flag: "wx" }', "test/cli/commands/token/cache.test.ts"],
  ["Credentials that `token --cache` keeps", "cli/commands/token/credential-cache.ts", "    Object.entries(options).sort(),\n", "", "test/cli/commands/token/cache.test.ts"],
  ["A write of the command replaces what another operator wrote", "cli/plan/write-list.ts", "throw merge.last === undefined ? error : new Overwrote(merge.last, error);", "throw error;", "test/cli/plan/write-list.test.ts"],
  ["A write of the command replaces what another operator wrote", "cli/plan/write-parameter.ts", "    throw new Overwrote(write, error);", "    throw error;", "test/cli/plan/write.test.ts"],
  ["A write of the command replaces what another operator wrote", "cli/plan/write-parameter.ts", "Number.isSafeInteger(version) && version !== undefined && version > over", "version !== undefined", "test/cli/plan/write.test.ts"],
  ["A write of the command replaces what another operator wrote", "cli/plan/write-parameter.ts", "if (stored === undefined) return;", "return;", "test/cli/plan/write.test.ts"],
  ["`mappings edit` overwrites what another operator wrote", "cli/commands/mappings/edit.ts", "if (other !== undefined)\n", "if (other !== undefined && false)\n", "test/cli/commands/mappings/edit.test.ts"],
  ["`mappings edit` overwrites what another operator wrote", "cli/io/confirm.ts", "writeFileSync(path, text, { mode: 0o600 })", "writeFileSync(path, text, { mode: 0o644 })", "test/cli/commands/mappings/edit.test.ts"],
  ["The zip in the bucket of a CloudFormation deployment", "build/templates/switches.ts", "version.codeSha256 = sha256;", "", "test/build/templates/templates.test.ts"],
  ["A permission to read the reviews becomes", "infra/grants.ts", "resourceArns: logs.map((log) => log.logGroupArn),", 'resourceArns: ["*"],', "test/infra/policies.test.ts"],
  ["Secrets reach a log", "functions/telemetry/log-line.ts", "const cause = failureKind(error.cause);", "const cause = String(error.cause);", `${T}/http/log-review.test.ts`],

  // Strangers at a public endpoint
  ["`http`: send requests without a valid caller's token", `${F}/http/authenticate-caller.ts`, 'if (callerAuth === "bearer") return checkToken(event);', "", `${T}/http/answers.test.ts`],
  ["`http`: cost you money", "infra/common-props.ts", "rateLimit: 150,", "rateLimit: 1_500,", "test/docs/costs.test.ts"],
  ["`mtls`: connect without a certificate", `${F}/http/authenticate-caller.ts`, 'if (!subject) throw httpError("caller_refused", "a client certificate is required");', "if (!subject) return;", `${T}/http/callers.test.ts`],
  ["present tokens of their own AWS accounts", `${F}/review/review.ts`, "if (!acceptsAccount(rules.accounts, identity.accountId))", "if (false)", `${A}/jwt-mappings.test.ts`],
  ["`ACCOUNTS` refuses identities of other accounts", "infra/function/environment.ts", "accounts = [Stack.of(scope).account]", 'accounts = "any"', "test/infra/parameters/settings.test.ts"],
  ["`ACCOUNTS` refuses identities of other accounts", `${F}/review/review.ts`, "if (!acceptsAccount(rules.accounts, identity.accountId))", "if (false)", `${T}/review/review.test.ts`],
  ["A name that does not exist is cached for 10 s", "functions/parameters/parameter-cache.ts", "const ABSENT_MS = 10_000;", "const ABSENT_MS = 0;", "test/functions/parameters/parameter-cache.test.ts"],
  ["A throttled read is tried again", "functions/lib/retry.ts", "const THROTTLED_MS = 100;", "const THROTTLED_MS = 1_000;", "test/functions/lib/retry.test.ts"],
  ["While reads fail, cached mappings stay usable", "functions/parameters/parameter-cache.ts", "const STALE_MS = 5 * 60_000;", "const STALE_MS = 50 * 60_000;", "test/functions/parameters/parameter-cache.test.ts"],
  ["**Other Regions have a budget**", `${F}/identity/host-budget.ts`, "if (!pause.isOver())\n", "if (false)\n", `${T}/identity/host-budget.test.ts`],
  ["**A host that does not answer**", "functions/aws/services.ts", "const SILENT_MS = 2_000;", "const SILENT_MS = 0;", `${T}/aws/sts-tries.test.ts`],
  ["**IAM callers** that are not known wait for turns", `${F}/caller/iam-callers.ts`, "const TURN = { factor: 4,", "const TURN = { factor: 0,", `${T}/caller/iam-proofs.test.ts`],
  ["**Node names.**", `${F}/aws/ec2-node-name.ts`, "if (vpcs.length > 0 && !vpcs.includes(", "if (false && !vpcs.includes(", `${T}/aws/ec2-node-name.test.ts`],
  ["**Deny lists.**", `${F}/mapping/evaluate.ts`, "if (problem !== undefined)\n    return { verdict: { kind: \"invalid\", problem }, invalidCount: problems.length };", "", `${T}/mapping/deny-list.test.ts`],
  ["A denial names users by name", `${F}/mapping/deny-list.ts`, '...(kind === "user" ? [', '...(kind === "root" ? [', `${T}/mapping/deny-list.test.ts`],
];

export const CLAIMS: readonly Claim[] = ROWS.map(([statement, file, from, to, test]) => ({
  statement,
  file,
  from,
  to,
  test,
}));
