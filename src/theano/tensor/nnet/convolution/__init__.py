"""Convolutions: functions, ops, gradients, geometry."""
