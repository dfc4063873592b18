"""Maps in the forms of others: each kind is a module, and refuses what its form cannot express."""
