// The help of `<who>`, which definitions of commands and messages have. `target.ts` reads it.

export const TARGET_HELP = `<who> is an ARN, an ARN pattern with * or ?, or one of
  role/<account>/<name>                    a role
  user/<account>/<name>                    an IAM user
  sso/<account>/<permission set>           the users of a permission set
  sso-session/<account>/<permission set>   its mappings of single users, a list
  account/<account>                        every identity of an account
  pattern/<account or any>                 the mappings by ARN pattern, a list
  deny/<account or any>                    the denials, a list
  or a full parameter name.`;

export const DENY_HELP = `<who> is an ARN, an ARN pattern with * or ?, or one of
  role/<account>/<name>            a role
  user/<account>/<name>            an IAM user
  sso/<account>/<permission set>   the users of a permission set
  account/<account>                every identity of an account
  root/<account>                   the root user of an account`;
