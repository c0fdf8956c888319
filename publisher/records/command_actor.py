"""Who is at the command line; it imports nothing else, so that an emergency stop is quick."""

import getpass


def command_actor() -> str:
    """What the records call the person at the command line."""
    try:
        return f"command line ({getpass.getuser()})"
    except (KeyError, OSError):
        # A container may run under a number that has no name.
        return "command line"
