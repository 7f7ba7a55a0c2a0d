"""The rows in Python: one module a library, and the worker process that serves one of them."""
