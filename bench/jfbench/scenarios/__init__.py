# SPDX-License-Identifier: BSD-3-Clause
"""One module a scenario: name, summary, arguments(parser), run(machine, args) -> Report."""

from . import relay, relay_full

SCENARIOS = [relay, relay_full]
