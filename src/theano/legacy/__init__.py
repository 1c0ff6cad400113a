"""The shelf of old names: what only programs written for Theano 1.0 and before ask for. The compiler never imports it."""
