# SPDX-License-Identifier: BSD-3-Clause
"""One row a scenario: a module with name, summary, arguments(parser) and run(machine, args)."""

from . import acd, day, dtmf, handoff, mix, overload, relay, relay_full, sip, srtp

SCENARIOS = [relay, relay_full, handoff, dtmf, mix, srtp, sip, overload, acd, day]
