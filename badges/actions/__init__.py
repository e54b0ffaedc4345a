"""What is done with achievements, keys and credentials, by topic."""
