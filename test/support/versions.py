"""Versions of other packages whose undocumented parts are used."""


def require_known(package: str, version: str, known: tuple[str, ...], module: str) -> None:
    """Fail in words where a version's major and minor are none of those for which a module was tried."""
    words = " and ".join(f"{v}.x" for v in known)
    assert ".".join(version.split(".")[:2]) in known, (
        f"{package} {version} is installed; what is used of it and not documented ({module}) is known to "
        f"work with {words}. If the tests of that module pass here, add this version to its KNOWN_VERSIONS; "
        "else mend the module"
    )
