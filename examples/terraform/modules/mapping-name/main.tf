# The name of a mapping's parameter. It needs no provider, so it can be used wherever a mapping is written.

variable "prefix" {
  description = "Where the mappings are, such as /iam-authenticator/my-cluster."
  type        = string
}

variable "arn" {
  description = "Of a role, a user, root or a federated user."
  type        = string
  default     = null

  validation {
    condition     = var.arn == null || can(regex("^arn:[^:]+:(?:iam::\\d{12}:(?:role/.+|user/.+|root)|sts::\\d{12}:federated-user/[^/]+)$", var.arn))
    error_message = "arn must be that of an IAM role, an IAM user, root or a federated user."
  }
}

variable "account" {
  description = "For every identity of an account, or with permission_set."
  type        = string
  default     = null
}

variable "permission_set" {
  description = "Of IAM Identity Center: its name, with an account."
  type        = string
  default     = null
}

locals {
  # arn:aws:iam::111122223333:role/path/Name
  section = var.arn == null ? [] : split(":", var.arn)
  path    = var.arn == null ? [] : split("/", local.section[5])

  kind    = var.arn != null ? local.path[0] : var.permission_set != null ? "sso" : "account"
  account = var.arn != null ? local.section[4] : coalesce(var.account, "-")
  # A path is ignored: names are unique in an account.
  entity = var.arn != null ? (length(local.path) > 1 ? element(local.path, length(local.path) - 1) : "") : coalesce(var.permission_set, "-")

  # Letters, digits, _ and - stay. What else IAM allows in a name becomes . and two hex digits; the dot itself comes first.
  encoded = replace(replace(replace(replace(replace(lower(local.entity), ".", ".2e"), "+", ".2b"), ",", ".2c"), "=", ".3d"), "@", ".40")

  name = contains(["root", "account"], local.kind) ? "${local.kind}/${local.account}" : "${local.kind}/${local.account}/${local.encoded}"
}

output "name" {
  value = "${var.prefix}/${local.name}"

  precondition {
    condition     = (var.arn == null) != (var.account == null)
    error_message = "A mapping has either an arn or an account."
  }

  precondition {
    condition     = var.arn == null || var.permission_set == null
    error_message = "permission_set goes with an account, not with an arn."
  }

  precondition {
    condition     = can(regex("^\\d{12}$", local.account))
    error_message = "account must be 12 digits."
  }

  precondition {
    condition     = can(regex("^[A-Za-z0-9_+=,.@-]*$", local.entity))
    error_message = "A name has only letters, digits and _+=,.@- in IAM."
  }
}
