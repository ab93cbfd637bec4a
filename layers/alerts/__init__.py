"""Alerts: rules as configuration, a pure state machine, and the cases that people handle."""
