"""Settings for all tests: hypothesis draws the same examples everywhere, and keeps no files."""

import os

from hypothesis import HealthCheck, Phase, settings

settings.register_profile(
    "default",
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=30,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.register_profile(
    "deep", settings.get_profile("default"), derandomize=False, max_examples=1_000
)
settings.register_profile(  # for mutation runs: any failure is enough, the smallest is not needed
    "mutants",
    settings.get_profile("default"),
    phases=(Phase.explicit, Phase.generate),
    report_multiple_bugs=False,
)
settings.load_profile("deep" if os.environ.get("CARBONX_DEEP") else "default")
