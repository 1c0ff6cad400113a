"""What surrounds compiled code: entry point, context, machine code, object cache, BLAS symbols.

Nothing here knows tensors or graphs; the numbers both sides agree on are in `theano.runtime.abi`.
"""
