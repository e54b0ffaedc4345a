"""The public pages and machine-readable forms of badges. All of it is open, but for choosing the name that is shown."""
