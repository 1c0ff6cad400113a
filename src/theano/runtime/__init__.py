"""What surrounds compiled code: layouts, entry point, modules to machine code, object cache, locks.

Nothing here knows tensors or graphs; the numbers both sides agree on are in `theano.runtime.abi`.
"""
