output "values" {
  description = "The value of each parameter, by its name."
  # Two entries for one parameter in one file are an error.
  value = merge([for layer in range(length(local.layers)) : { for index, json in local.exact : module.name[index].name => json if local.entries[index].layer == layer }]...)

  precondition {
    condition     = length(local.problems) == 0
    error_message = join("\n", local.problems)
  }
}
