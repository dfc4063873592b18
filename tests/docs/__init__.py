"""The pages of README.md and docs/ are run: what they show is what happens."""
