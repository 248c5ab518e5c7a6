# SPDX-License-Identifier: BSD-3-Clause
"""The demo's flow: its prompts, spoken by espeak-ng at start, and what callers press in it.

Half of the calls go to its number: the caller hears a greeting and a menu, into which it presses a
key (1: billing, which asks for a customer number first; 2: support), and comes to that queue."""
import asyncio
import os

import engine as demo_engine

NUMBER = "+3726000001"
PROMPTS = os.path.join(demo_engine.RUN_DIR, "prompts", "en")
SAYS = {
    "welcome": "Welcome to Acme.",
    "choose": "If it is about an invoice, press one. For technical support, press two.",
    "account": "Please enter your customer number, and finish with the hash key.",
    "wrong": "Sorry, that was not one of them.",
}
WAYS = {"billing": [("topic", "1"), ("account", "4207#")], "support": [("topic", "2")]}
QUESTION_MAX_S = 15  # until the next node of the flow asks


def make_prompts():
    """The folder that tools/demo/directory names."""
    os.makedirs(PROMPTS, exist_ok=True)
    for name, text in SAYS.items():
        path = os.path.join(PROMPTS, name + ".wav")
        demo_engine.sh("espeak-ng", "-v", "en+f3", "-s", "150", "-w", path + ".once.wav", text)
        demo_engine.sh("sox", path + ".once.wav", "-r", "8000", "-c", "1", "-b", "16", path)
        os.unlink(path + ".once.wav")


class Choice:
    """What one caller does in the flow, and what the events tell of it."""

    def __init__(self, topic):
        self.topic = topic
        self.path = []  # of nodes left
        self.moved = asyncio.Event()

    def take(self, topic, data):
        if topic == "call.flow":
            self.path.append(data.get("node"))
            self.moved.set()

    async def _wait_until_left(self, node):
        while node not in self.path:
            self.moved.clear()
            await asyncio.wait_for(self.moved.wait(), QUESTION_MAX_S)

    async def answer(self, phone):
        """Presses the keys, each into the question for it."""
        before = "hello"
        for node, keys in WAYS[self.topic]:
            await self._wait_until_left(before)
            await asyncio.sleep(0.8)  # some of the question is heard
            for key in keys:
                await phone.command("sndcode", key)
                await asyncio.sleep(0.35)
            before = node

    def judge(self, record):
        """What is wrong, in words; None: nothing."""
        steps = record.get("flow", {}).get("path", [])
        ways = [(s.get("node"), s.get("way")) for s in steps]
        if ("topic", "key") not in ways:
            return "no key was taken in the flow: %s" % ways
        if record.get("wants", {}).get("data", {}).get("topic") != dict(WAYS[self.topic])["topic"]:
            return "pressed another key than the flow took"
        return None


class Flows:
    """How many came through the flow, and where they came out."""

    def __init__(self):
        self.callers = 0
        self.to = {topic: 0 for topic in WAYS}

    def count(self, choice):
        self.callers += 1
        self.to[choice.topic] += 1

    def summary(self):
        return {"callers": self.callers, "to": self.to}
