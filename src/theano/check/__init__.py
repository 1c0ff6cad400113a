"""Modes and functions that check results: DebugMode, MonitorMode, NanGuardMode, `verify_grad`."""

from __future__ import annotations

from theano.check import debugmode, nanguardmode
