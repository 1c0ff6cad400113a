"""Tools around Theano that nothing else depends on."""
