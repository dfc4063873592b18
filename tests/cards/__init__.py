"""The cards of the registry, one by one."""
