"""Who runs a command, for the audit trail."""

import getpass


def operator() -> str:
    """The account of the machine; containers may have none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "the command line"
