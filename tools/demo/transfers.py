# SPDX-License-Identifier: BSD-3-Clause
"""Every fifth caller of the demo is passed on: by turns blind, by the agent's phone (REFER), and
attended, from the agent's desktop (`jf consult`, `jf leave`). To a colleague who is ready, else to
a queue's number, where the next agent who is free answers."""
import asyncio

import engine as demo_engine

EVERY = 5
QUEUE_NUMBER = "+3726000002"
CONSULT_MAX_S = 25  # then the agent takes the caller back
TAKEN_MAX_S = 45


class Passing:
    """What becomes of one caller who is passed on, as the events tell."""

    def __init__(self):
        self.consulting, self.taken = asyncio.Event(), asyncio.Event()
        self.how = None  # once the caller is with somebody else, or waits for somebody else

    def take(self, topic, data):
        """The agent who has the caller now, if the event tells."""
        if topic == "call.consulting":
            self.consulting.set()
        elif topic == "call.requeued":
            self.how = "blind"
        elif topic == "call.transferred":
            self.how = "blind" if data.get("how") == "blind" else "attended"
            self.taken.set()
            return data.get("to")
        elif topic == "call.answered" and self.how:
            self.taken.set()
        return None


class Transfers:
    def __init__(self, engine):
        self.engine = engine
        self.asked = self.calls = 0
        self.done = {"blind": 0, "attended": 0}

    def due(self):
        self.calls += 1
        return self.calls % EVERY == 0

    def _ready(self, but):
        return next((a["id"] for a in self.engine.ask("agents")["rows"]
                     if a["state"].lower() == "ready" and a["id"] != but), None)

    async def pass_on(self, call, identity, phone):
        """One attempt; what can't be done now leaves the caller with its agent."""
        self.asked += 1
        colleague = self._ready(call.agent)
        target = colleague or QUEUE_NUMBER
        if self.asked % 2:
            await phone.command("transfer", "sip:%s@%s" % (target, demo_engine.ENGINE_IP))
            await self._wait(call.passing.taken, TAKEN_MAX_S if not colleague else 10)
        else:
            await self._consult(call, identity, target)
        if call.passing.how:
            self.done[call.passing.how] += 1

    async def _consult(self, call, identity, target):
        try:
            self.engine.ask("consult", id=identity, target=target)
            if await self._wait(call.passing.consulting, CONSULT_MAX_S):
                await asyncio.sleep(1.5)
                self.engine.ask("leave", id=identity)
                await self._wait(call.passing.taken, 5)
            else:
                self.engine.ask("back", id=identity)
        except demo_engine.Failed:
            pass  # the caller hung up meanwhile, or the colleague has another one

    @staticmethod
    async def _wait(event, seconds):
        try:
            await asyncio.wait_for(event.wait(), seconds)
        except asyncio.TimeoutError:
            pass
        return event.is_set()
