# SPDX-License-Identifier: BSD-3-Clause
"""What tools/run shows: a table that refreshes on a terminal, lines everywhere else."""
import asyncio
import sys
import time

SHOWN = ("caller", "number", "queue", "agent", "state", "reason", "digit", "node", "way", "why")


class Screen:
    def __init__(self, quiet):
        self.terminal = sys.stdout.isatty() and not quiet
        self.out = sys.stderr if quiet else sys.stdout
        self.begun = time.monotonic()
        self.traffic = None

    def line(self, text):
        print(text, file=self.out, flush=True)

    def event(self, topic, data):
        """On a terminal the table says it already."""
        if self.terminal:
            return
        words = ["%s=%s" % (key, data[key]) for key in SHOWN
                 if isinstance(data.get(key), (str, int)) and data[key] != ""]
        self.line("%7.1f s  %-16s %s" % (time.monotonic() - self.begun, topic, "  ".join(words)))

    def _table(self, engine):
        calls, agents = engine.ask("calls")["rows"], engine.ask("agents")["rows"]
        failed = sum(1 for c in self.traffic.finished if c.why)
        lines = ["Jackfield demo: %d calls offered, %d ended well, %d failed    (Ctrl-C ends it)"
                 % (self.traffic.offered, len(self.traffic.finished) - failed, failed), "",
                 "%-14s %-13s %-9s %-12s %-6s %7s %7s"
                 % ("CALLER", "NUMBER", "QUEUE", "STATE", "AGENT", "WAITED", "TALKED")]
        for call in calls:
            lines.append("%-14s %-13s %-9s %-12s %-6s %6.1fs %6.1fs" % (
                call.get("caller") or "-", call.get("number") or "-", call.get("queue") or "-",
                call.get("state") or "-", call.get("agent") or "-",
                (call.get("wait_ms") or 0) / 1000, (call.get("talk_ms") or 0) / 1000))
        lines += ["", "%-14s %-12s %7s" % ("AGENT", "STATE", "SINCE")]
        for agent in agents:
            lines.append("%-14s %-12s %6.1fs" % (agent["id"], agent["state"],
                                                 (agent.get("since_ms") or 0) / 1000))
        return lines

    async def refresh(self, engine):
        while self.terminal:
            lines = self._table(engine)
            # Home, then each line cleared to its end, then all below.
            sys.stdout.write("\033[H" + "".join(line + "\033[K\n" for line in lines) + "\033[J")
            sys.stdout.flush()
            await asyncio.sleep(0.5)

    def clear(self):
        if self.terminal:
            sys.stdout.write("\033[2J\033[H")
