"""Alerts: rules as configuration, a state machine without a clock of its own, cases for people."""
