# SPDX-License-Identifier: BSD-3-Clause
"""One row a scenario: a module with name, summary, arguments(parser) and run(machine, args)."""

from . import handoff, mix, relay, relay_full

SCENARIOS = [relay, relay_full, handoff, mix]
