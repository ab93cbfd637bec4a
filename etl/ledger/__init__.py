"""What is kept beside the records: coverage, findings, rejected rows."""
