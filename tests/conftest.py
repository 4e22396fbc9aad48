"""What every test shares: one torch thread, and how hard Hypothesis tries."""

import os

from hypothesis import HealthCheck, settings

# Several test processes share the cores; OpenMP threads that wait for each other would only spin.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# No deadline: the first example of a property waits for the compiler.
# In CI every run tries the same examples, so that a change fails only by its own fault.
settings.register_profile(
    "yomi",
    deadline=None,
    max_examples=10 if os.environ.get("NUMBA_DISABLE_JIT") == "1" else 50,
    derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("yomi")
