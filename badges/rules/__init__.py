"""What may be done with a credential, and what a check of one says."""
