"""kopf, without what it looks for elsewhere.

It recognises the models of client libraries wherever it finds one, which costs the operator that library's memory; it
is given none of them here.
"""

from botcore.runtime.lean_imports import missing

__all__ = ["kopf"]

with missing("kubernetes.client", "kubernetes_asyncio.client"):
    import kopf
