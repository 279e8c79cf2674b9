"""Measurements, side by side with other ways of doing the same; run by ``python -m``.

``python -m tests.benchmarks --help`` says how. Nothing here is part of the ordinary test run but
``test_peers_agree.py``, which holds the engine against the two other simulators of its workload.
No test asserts a time.
"""
