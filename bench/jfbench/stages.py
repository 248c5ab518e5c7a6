# SPDX-License-Identifier: BSD-3-Clause
"""Cycles a packet by stage of the path, measured without a wire (bench/stages)."""

import json

from .machine import command

MEMORY_MB = 800
PACKETS = 2_000_000


def measure(machine, endpoints, services, packets=PACKETS):
    """services: plain, measured, full, lossy, or a suite of SRTP. {"stages": {..}, "cycles": all, ..}"""
    core = machine.args.worker_core
    return json.loads(command(
        machine.program("bench/stages/jf-bench-stages"),
        *machine.eal("stages", ["-l", core], MEMORY_MB), "--vdev", "net_null0",
        "--log-level=error", "--", endpoints, packets, services))


def shown(stages):
    """Without those that nothing went through."""
    return {stage: cycles for stage, cycles in stages.items() if cycles > 1}
