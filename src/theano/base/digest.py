"""BLAKE2 without OpenSSL, which ``import hashlib`` loads: 3 ms and 4 MB (as `random` does).

>>> blake2b(b"abc", digest_size=4).hexdigest()
'63906248'
"""

try:
    from _blake2 import blake2b
except ImportError:  # an interpreter whose standard library is built otherwise
    from hashlib import blake2b

__all__ = ["blake2b"]
