"""Which libraries are tried: ONE table, a row for each version."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["CLIENTS", "Client"]


@dataclass(frozen=True)
class Client:
    """A library, as the package index has it."""

    name: str
    """Its name, as people write it."""
    distribution: str
    """What pip is asked for, with its version. It brings its own tests, if `suite` says where."""
    jobs: str = ""
    """Our test of what it is used for: a file of ``tests/clients``."""
    suite: tuple[str, ...] = ()
    """Its own tests: modules, and folders of them, in its sources."""
    without: tuple[str, ...] = ()
    """Those of them that are not run."""
    options: tuple[str, ...] = ()
    """What else pytest is told to run them."""
    environment: dict[str, str] = field(default_factory=dict)
    wheel: bool = False
    """Whether a wheel is taken: no sources are on the index, or today's setuptools does not build them."""
    minutes: float = 90
    """Our tests, and each module of its own, are ended after this time."""

    @property
    def key(self) -> str:
        """What it is called in commands and file names."""
        return self.distribution.replace("==", "-").lower()


CLIENTS = [
    Client(
        "Lasagne",
        "Lasagne==0.1",
        "test_lasagne.py",
        # Its outer conftest.py is written for another pytest; the example downloads digits.
        ("lasagne/tests",),
        options=("--confcutdir", "lasagne/tests"),
    ),
    Client(
        "Keras",
        "Keras==2.3.1",
        "test_keras.py",
        ("tests",),
        # What asks for TensorFlow, for the network, or how Keras's sources are laid out on GitHub.
        (
            *("tests/docs", "tests/test_api.py", "tests/keras/metrics_confusion_matrix_test.py"),
            *("tests/keras/utils/multi_gpu_test.py", "tests/keras/utils/data_utils_test.py"),
            *("tests/integration_tests/applications_test.py", "tests/integration_tests/test_datasets.py"),
        ),
        environment={"KERAS_BACKEND": "theano"},
    ),
    Client("PyMC3", "pymc3==3.11.5", "test_pymc3.py", ("pymc3/tests",)),
    Client("PyMC3", "pymc3==3.9.3", "test_pymc3.py", ("pymc3/tests",), wheel=True),
    Client("PyMC3", "pymc3==3.8", "test_pymc3.py", ("pymc3/tests",), wheel=True),
    # Its conftest.py imports matplotlib, to set a backend that no test needs.
    Client("nolearn", "nolearn==0.6.1", "test_nolearn.py", ("nolearn/tests",), options=("--noconftest",)),
    # Its tests read what is logged, all of which nose lets through.
    Client(
        "scikit-neuralnetwork",
        "scikit-neuralnetwork==0.7",
        "test_sknn.py",
        ("sknn/tests",),
        options=("--log-level=DEBUG",),
    ),
    Client("downhill", "downhill==0.4.0", "test_downhill.py"),
    Client("theano-lstm", "theano-lstm==0.0.15", "test_theano_lstm.py"),
    Client("extheano", "extheano==0.1.1", "test_extheano.py"),
    Client("theanets", "theanets==0.7.3", "test_theanets.py", wheel=True),
    Client("pyfms", "pyfms==0.4.0", "test_pyfms.py", wheel=True),
    Client("ucs", "ucs==0.3", "test_ucs.py", wheel=True),
    Client("NeuPy", "neupy==0.6.5", "test_neupy.py", wheel=True),
    Client("theanify", "theanify==0.1.17", "test_theanify.py"),
    Client("passage", "passage==0.2.4", "test_passage.py"),
    Client("tnet", "tnet==0.0.1a1", "test_tnet.py"),
    Client("theano-hf", "theano-hf==0.2.1", "test_theano_hf.py", wheel=True),
    # A folder of its tests has the name of the package.
    Client(
        "TheanoLM",
        "TheanoLM==1.3.2",
        "",
        ("tests",),
        options=("--import-mode=importlib", "-o", "consider_namespace_packages=true"),
    ),
    Client("aesara-theano-fallback", "aesara-theano-fallback==0.1.0", "test_aesara_theano_fallback.py", wheel=True),
    Client("sympy", "sympy==1.12", "test_sympy.py", ("sympy/printing/tests/test_theanocode.py",), wheel=True),
    Client("keras-rl", "keras-rl==0.4.2", "test_keras_rl.py", ("tests",), environment={"KERAS_BACKEND": "theano"}),
    Client("Keras", "Keras==1.2.2", "test_keras1.py", environment={"KERAS_BACKEND": "theano"}),
    Client("Keras", "Keras==0.3.3", "test_keras0.py", environment={"KERAS_BACKEND": "theano"}),
]
