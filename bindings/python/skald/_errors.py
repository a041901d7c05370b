"""What goes wrong, as exceptions: one class, with subclasses that are also Python's own where there is a fitting one."""


class SkaldError(RuntimeError):
    """A failure. code: "not found", "bad audio", ...; where: the file, tensor or option; hint: what to do."""

    def __init__(self, code, where, what, hint):
        super().__init__((f"{where}: " if where else "") + what + (f" ({hint})" if hint else ""))
        self.code = code
        self.where = where
        self.what = what
        self.hint = hint


class InvalidArgumentError(SkaldError, ValueError):
    """An option or argument is out of its range or contradicts another."""


class NotFoundError(SkaldError, FileNotFoundError):
    """A file, model or device that was named does not exist."""

    __str__ = RuntimeError.__str__


class PermissionDeniedError(SkaldError, PermissionError):
    """It exists but may not be read."""

    __str__ = RuntimeError.__str__


class UnsupportedError(SkaldError, NotImplementedError):
    """Valid, but this build, model or machine cannot do it."""


class OutOfMemoryError(SkaldError, MemoryError):
    """An allocation failed."""


_CLASSES = {
    "invalid argument": InvalidArgumentError,
    "not found": NotFoundError,
    "permission denied": PermissionDeniedError,
    "unsupported": UnsupportedError,
    "out of memory": OutOfMemoryError,
}


def make_error(code, where, what, hint):
    return _CLASSES.get(code, SkaldError)(code, where, what, hint)
