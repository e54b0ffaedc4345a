"""The bench: data, servers, flows, load and report of `manage.py bench`."""
