"""What every layer may use: flags, warnings, digests, progress, records."""
