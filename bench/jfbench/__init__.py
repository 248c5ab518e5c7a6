# SPDX-License-Identifier: BSD-3-Clause
"""The driver of the benchmarks. Policy is here; whatever touches a packet is in C."""
