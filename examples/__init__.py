"""One small extension each: a source, a task, a generator, a check, a benchmark, a model backend.

Importing a module here registers what it holds; `docs/architecture.md` says where it would live inside codetune.
"""
