"""Hospitals, their monthly returns, emergency departments and health records."""
