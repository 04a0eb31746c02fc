"""What a rule says when it refuses, so that every page answers it alike."""


class Refused(Exception):
    """The action is allowed to the person but its conditions are not met; `problems` are sentences for the screen.

    `details` may carry what a page needs to point at the places (breaches of identities, missing reasons).
    """

    def __init__(self, problems: list[str], details=None):
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = problems
        self.details = details


class Conflict(Exception):
    """Somebody else was first: the state moved or the version is stale. Answered with 409 and both values.

    `theirs` and `mine` are lists of (label, value) pairs for the page, empty where only the state moved; `url` is the
    page that shows how it stands now, the same page where it is empty.
    """

    def __init__(self, message: str, *, theirs=(), mine=(), url: str = ""):
        super().__init__(message)
        self.message = message
        self.theirs = list(theirs)
        self.mine = list(mine)
        self.url = url
