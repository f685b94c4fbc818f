"""The stages of a search: survival, covariates, progression, and the columns that are left."""
