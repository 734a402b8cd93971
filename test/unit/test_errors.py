"""Errors that are kept keep nothing else."""

import weakref

from frankmocap_ros.errors import EstimatorError, bare


class Model:
    """Something large."""


def test_a_bare_error_keeps_no_frame_alive():
    alive = []

    def fails() -> EstimatorError:
        model = Model()
        alive.append(weakref.ref(model))
        try:
            try:
                raise KeyError(id(model))
            except KeyError as error:
                raise EstimatorError("no such thing") from error
        except EstimatorError as error:
            return bare(error)

    error = fails()
    assert str(error) == "no such thing"
    assert alive[0]() is None
