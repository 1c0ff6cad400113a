"""Modes and functions that check results: DebugMode, MonitorMode, NanGuardMode, `verify_grad`."""
