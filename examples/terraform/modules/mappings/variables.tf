variable "prefix" {
  description = "Prefix of the parameters' names, such as /iam-authenticator/my-cluster."
  type        = string
}

variable "files" {
  description = "Paths of mapping files. A later file overrides entries of an earlier one."
  type        = list(string)
  default     = []
}

variable "mappings" {
  description = "A list of mappings with the keys of a mapping file. They override those of the files."
  # Not an object type, which drops what it does not know: a misspelt notAfter would grant access without an end.
  # https://developer.hashicorp.com/terraform/language/expressions/type-constraints
  type    = any
  default = []
}
