"""The libraries and programs that people run on Theano, on this package (``docs/clients.md``)."""
