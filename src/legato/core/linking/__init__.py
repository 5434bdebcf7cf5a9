"""The links of one partition: what its slots do with what they are told (docs/identity.md)."""
