"""Programs of others that are told what people are told."""
