"""What every test shares: how hard Hypothesis tries."""

import os

from hypothesis import HealthCheck, settings

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
