"""What ends the program with one message instead of a traceback."""


class Trouble(Exception):
    """Something that a person must repair; `str()` says what, why and how."""
