variable "cluster_id" {
  description = "The id that tokens are signed for."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$", var.cluster_id))
    error_message = "cluster_id must be up to 100 letters, digits, \"_\", \".\" and \"-\", the first a letter or digit."
  }
}

variable "zip_file" {
  description = "Path of authenticator-<version>-<hash>.zip of the release. Null: zip_url."
  type        = string
  default     = null
}

variable "zip_url" {
  description = "URL of the zip, instead of zip_file, with zip_sha256."
  type        = string
  default     = null
}

variable "zip_sha256" {
  description = "SHA-256 of the zip behind zip_url, 64 hex digits, as in the release's SHA256SUMS."
  type        = string
  default     = null
}

variable "mapping_prefix" {
  description = "Prefix of the mappings' names in Parameter Store. Null: /iam-authenticator/<cluster_id>."
  type        = string
  default     = null

  validation {
    condition     = can(regex("^(/[A-Za-z0-9_.-]+){1,12}$", coalesce(var.mapping_prefix, "/a"))) && !can(regex("(?i)^/(aws|ssm)", coalesce(var.mapping_prefix, "/a")))
    error_message = "mapping_prefix must be 1 to 12 levels such as /a/b, of letters, digits, \"_\", \".\" and \"-\", and not begin with aws or ssm."
  }
}

variable "failover_url" {
  description = "Endpoint of a standby in another region, which answers while this function fails. The standby has none. Null: none."
  type        = string
  default     = null

  validation {
    condition     = can(regex("^https://([a-z0-9-]+\\.)+[a-z][a-z0-9-]*(:([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?/authenticate$", coalesce(var.failover_url, "https://a.b/authenticate")))
    error_message = "failover_url must be the output endpoint of the standby: https://<host>/authenticate, with a host name that contains a dot."
  }
}

variable "node_region" {
  description = "Region of the cluster's nodes: for a standby, the primary's region. Null: the stack's region."
  type        = string
  default     = null
}

variable "accounts" {
  description = "Identities of other accounts are denied. Null: the own account. [\"any\"]: every account is accepted."
  type        = list(string)
  default     = null

  validation {
    condition     = can(regex("^(any|[0-9]{12}(,[0-9]{12})*)$", join(",", var.accounts == null ? ["any"] : var.accounts)))
    error_message = "accounts must be AWS account ids of 12 digits each, or [\"any\"]. Leave it out for the own account."
  }
}

variable "callers" {
  description = "Accepted callers by name: the SHA-256 (hex) of a kube-apiserver's token, or the ARN of its IAM role or user. Empty: the command callers add writes the list."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for name, proof in var.callers : name != "" && can(regex("^([0-9a-f]{64}|arn:[a-z-]+:iam::[0-9]{12}:(role|user)/([!-~]*/)?[A-Za-z0-9_+=,.@-]+)$", proof))])
    error_message = "callers must be the SHA-256 of each token, 64 lower-case hex digits (printf %s $TOKEN | sha256sum), or the ARN of an IAM role or user, by a name."
  }
}

variable "mappings_files" {
  description = "Paths of mapping files, such as of iam-authenticator mappings export. A later file overrides entries of an earlier one. Check them before: iam-authenticator mappings lint -f."
  type        = list(string)
  default     = []
}

variable "mappings" {
  description = "Mappings with the keys of a mapping file: arn (role, user, root or federated user), or account with or without permissionSet; and username, groups, principalId, notAfter, description. They override those of the files."
  type        = any
  default     = []
}

variable "memory_size" {
  description = "Memory of the function in MB. More memory also gives more CPU."
  type        = number
  default     = 512

  validation {
    condition     = var.memory_size >= 128 && var.memory_size <= 10240 && floor(var.memory_size) == var.memory_size
    error_message = "memory_size must be an integer from 128 to 10240 (MB)."
  }
}

variable "architecture" {
  description = "arm64 or x86_64."
  type        = string
  default     = "arm64"

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "architecture must be arm64 or x86_64."
  }
}

variable "reserved_concurrency" {
  description = "Environments of the function that are reserved for logins and limit them, such as 8. A new account can reserve none. 0: none are reserved."
  type        = number
  default     = 0

  validation {
    condition     = var.reserved_concurrency >= 0 && floor(var.reserved_concurrency) == var.reserved_concurrency
    error_message = "reserved_concurrency must be a positive integer, or 0 for none."
  }
}

variable "throttle_rate" {
  description = "Requests per second that the endpoint accepts. Null: 150, or 200 if reserved_concurrency is not 0."
  type        = number
  default     = null

  validation {
    condition     = coalesce(var.throttle_rate, 1) >= 1
    error_message = "throttle_rate must be 1 or more."
  }
}

variable "throttle_burst" {
  description = "Requests at once, above throttle_rate. Null: 50, or 2,000 if reserved_concurrency is not 0."
  type        = number
  default     = null

  validation {
    condition     = coalesce(var.throttle_burst, 1) >= 1
    error_message = "throttle_burst must be 1 or more."
  }
}

variable "log_level" {
  description = "debug, info, warn or error. Metrics are always written."
  type        = string
  default     = "info"

  validation {
    condition     = contains(["debug", "info", "warn", "error"], var.log_level)
    error_message = "log_level must be debug, info, warn or error."
  }
}

variable "log_retention_days" {
  description = "Number of days to keep logs."
  type        = number
  default     = 90

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days must be a number of days that CloudWatch Logs accepts, such as 90, 180 or 365."
  }
}

variable "alarm_topic_arn" {
  description = "ARN of the SNS topic that alarms notify. Null: without alarm_email, alarms are only visible in CloudWatch."
  type        = string
  default     = null

  validation {
    condition     = can(regex("^arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:.+$", coalesce(var.alarm_topic_arn, "arn:aws:sns:eu-west-1:111122223333:a")))
    error_message = "alarm_topic_arn must be the ARN of an SNS topic, in the region of the provider."
  }
}

variable "alarm_email" {
  description = "Email address that alarms notify, instead of alarm_topic_arn. Confirm the link that AWS sends."
  type        = string
  default     = null

  validation {
    condition     = can(regex("^[^\\s@]+@[^\\s@]+\\.[^\\s@]+$", coalesce(var.alarm_email, "a@b.c")))
    error_message = "alarm_email must be an email address, such as on-call@example.com."
  }
}

variable "quiet_hours" {
  description = "Hours without a review before the alarm no-reviews, 1 to 168. Null: no such alarm."
  type        = number
  default     = null

  validation {
    condition     = coalesce(var.quiet_hours, 1) >= 1 && coalesce(var.quiet_hours, 1) <= 168 && floor(coalesce(var.quiet_hours, 1)) == coalesce(var.quiet_hours, 1)
    error_message = "quiet_hours must be an integer from 1 to 168."
  }
}

variable "tags" {
  description = "Tags of all resources that support them. Parameters also have a tag that makes the command refuse to change them."
  type        = map(string)
  default     = {}
}
