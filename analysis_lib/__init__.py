"""A library for auditing, reconstructing and questioning one published clinical study."""
