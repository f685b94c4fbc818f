"""The stages of a search: survival, progression, covariates and the columns that are left."""
