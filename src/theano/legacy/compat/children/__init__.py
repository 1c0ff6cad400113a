"""A folder for ``PYTHONPATH`` of the processes that a script under ``python -m theano.run`` starts."""
