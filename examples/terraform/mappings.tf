# Mappings and callers: one parameter for each mapping, at a name that a review derives from the identity.

module "mappings" {
  source = "./modules/mappings"

  prefix   = local.prefix
  files    = var.mappings_files
  mappings = var.mappings
}

locals {
  # The command refuses to change parameters with this tag.
  managed_by = merge(var.tags, { "iam-authenticator:managed-by" = "terraform" })
}

resource "aws_ssm_parameter" "mapping" {
  for_each = module.mappings.values

  name  = each.key
  type  = "String"
  value = each.value
  tags  = local.managed_by
}

resource "aws_ssm_parameter" "callers" {
  count = length(var.callers) == 0 ? 0 : 1

  name  = "${local.prefix}/callers"
  type  = "String"
  value = jsonencode([for name, proof in var.callers : { name = name, (startswith(proof, "arn:") ? "arn" : "sha256") = proof }])
  tags  = local.managed_by
}
