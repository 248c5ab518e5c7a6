# SPDX-License-Identifier: BSD-3-Clause
"""The demo's traffic: callers that call again and again, and what became of each call."""
import asyncio
import json
import os
import random

import engine as demo_engine
import flows
import phones as demo_phones
import transfers

RING_MAX_S = 45    # a caller gives up when no agent has answered by then
RECORD_MAX_S = 15  # and a call counts as failed when its record is not there by then


class Call:
    def __init__(self, caller, number):
        self.caller, self.number = caller, number
        self.answered = asyncio.Event()
        self.ended = asyncio.Event()
        self.agent = None
        self.identity = None
        self.passing = transfers.Passing()
        self.choice = None  # what it presses in the flow
        self.record = {}
        self.why = None  # what went wrong, in words

    def judge(self, recordings):
        """Answered means that an agent's voice arrived; each such call has its recording."""
        record, recording = self.record, self.record.get("recording") or {}
        path = os.path.join(recordings, recording.get("path") or "-")
        if not record:
            self.why = self.why or "no record of it"
        elif record.get("outcome") != "answered" or not record.get("agent"):
            self.why = self.why or "not answered: %s" % json.dumps(record.get("end"))
        elif not record.get("streams", {}).get("agent", {}).get("packets"):
            self.why = "nothing was heard of the agent"
        elif not os.path.isfile(path):
            self.why = "no recording at " + path
        elif self.choice and self.choice.judge(record):
            self.why = self.choice.judge(record)
        elif self.passing.how and len(record.get("segments", [])) < 2:
            self.why = "passed on, and no segment of who took it over"


class Traffic:
    def __init__(self, engine, leftovers, limit, say):
        self.engine, self.limit, self.say = engine, limit, say
        self.leftovers = leftovers
        self.offered, self.finished = 0, []
        self.by_caller = {}  # number: the call it has now
        self.by_id = {}
        folder = os.path.join(demo_engine.RUN_DIR, "phones")
        self.agents = [demo_phones.Agent(folder, i) for i in range(len(demo_phones.AGENTS))]
        self.callers = [demo_phones.Caller(folder, i) for i in range(len(demo_phones.CALLERS))]
        self.agent_of = dict(zip(demo_phones.AGENTS, self.agents))
        self.random = random.Random(1)
        self.transfers = transfers.Transfers(engine)
        self.flows = flows.Flows()

    async def start(self):
        for phone in self.agents + self.callers:
            phone.start(self.leftovers)
        for phone in self.agents + self.callers:
            await phone.connect()
        self.events = asyncio.create_task(self._read_events(await self._subscribe()))
        for _ in range(200):
            agents = self.engine.ask("agents")["rows"]
            if sum(a["state"].lower() == "ready" for a in agents) >= len(self.agents):
                return
            await asyncio.sleep(0.1)
        raise demo_engine.Failed("the agents' phones did not register: %s" % json.dumps(agents))

    async def _subscribe(self):
        path = os.path.join(demo_engine.RUN_DIR, "control.sock")
        reader, writer = await asyncio.open_unix_connection(path, limit=1 << 22)
        writer.write(b'{"command": "events"}\n')
        await reader.readline()
        self.events_writer = writer
        return reader

    async def _read_events(self, reader):
        while line := await reader.readline():
            message = json.loads(line)
            self._take(message["event"], message.get("data", {}))
        raise demo_engine.Failed("jf-control closed the event stream")

    def _take(self, topic, data):
        if topic == "call.arrived" and data.get("caller") in self.by_caller:
            self.by_id[data.get("call")] = self.by_caller[data["caller"]]
            self.by_caller[data["caller"]].identity = data["call"]
        call = self.by_id.get(data.get("call"))
        if not call:
            return
        call.agent = call.passing.take(topic, data) or call.agent
        if call.choice:
            call.choice.take(topic, data)
        if topic == "call.answered":
            call.agent = data.get("agent")
            call.answered.set()
        elif topic == "call.ended":
            call.record = data
            call.ended.set()
        self.say(topic, data)

    async def _one_call(self, phone):
        call = self.by_caller[phone.number] = Call(phone.number, self.random.choice(
            demo_phones.NUMBERS))
        if call.number == flows.NUMBER:
            call.choice = flows.Choice(self.random.choice(list(flows.WAYS)))
        phone.closed.clear()
        await phone.command("dial", "sip:%s@%s" % (call.number, demo_engine.ENGINE_IP))
        try:
            if call.choice:
                await call.choice.answer(phone)
            await asyncio.wait_for(call.answered.wait(), RING_MAX_S)
            await self._talk(phone, call)
        except asyncio.TimeoutError:
            call.why = "no agent within %d s, or no question in the flow" % RING_MAX_S
            await phone.command("hangup")
        try:
            await asyncio.wait_for(call.ended.wait(), RECORD_MAX_S)
        except asyncio.TimeoutError:
            call.why = call.why or "no record within %d s of its end" % RECORD_MAX_S
        call.judge(self.engine.recordings)
        if call.choice and not call.why:
            self.flows.count(call.choice)
        self.finished.append(call)
        if call.why:
            self.say("failed", {"caller": call.caller, "why": call.why})

    async def _talk(self, phone, call):
        await asyncio.sleep(self.random.uniform(1.5, 2.5))
        for key in self.random.choice(demo_phones.KEYS):
            await phone.command("sndcode", key)
            await asyncio.sleep(0.35)
        await asyncio.sleep(self.random.uniform(2, 4.5))
        if self.transfers.due() and call.agent in self.agent_of:
            await self.transfers.pass_on(call, call.identity, self.agent_of[call.agent])
            await asyncio.sleep(self.random.uniform(2, 3))
        leaver = phone
        if self.random.random() < 1 / 3 and call.agent in self.agent_of:
            leaver = self.agent_of[call.agent]
        await leaver.command("hangup")
        try:
            await asyncio.wait_for(phone.closed.wait(), 5)
        except asyncio.TimeoutError:
            call.why = "the other side's phone was not hung up"
            await phone.command("hangup")

    async def _caller(self, phone, delay):
        await asyncio.sleep(delay)
        while self.limit is None or self.offered < self.limit:
            self.offered += 1
            await self._one_call(phone)
            await asyncio.sleep(self.random.uniform(0.3, 1.0))

    async def run(self):
        """Until so many calls have ended, or for ever."""
        tasks = [asyncio.create_task(self._caller(phone, 0.4 * i))
                 for i, phone in enumerate(self.callers)]
        work = asyncio.gather(*tasks)
        watch = asyncio.create_task(self._watch())
        try:
            done, _ = await asyncio.wait([work, self.events, watch],
                                         return_when=asyncio.FIRST_COMPLETED)
        finally:
            work.cancel()
            watch.cancel()
            await asyncio.gather(work, watch, return_exceptions=True)
        for task in done:
            task.result()

    async def _watch(self):
        while True:
            self.engine.check()
            await asyncio.sleep(0.5)

    def summary(self, before):
        """The object that --json ends with. before: status at the beginning."""
        rtp, former = self.engine.ask("status")["rtp"], before["rtp"]
        failed = [c for c in self.finished if c.why]
        recordings = []
        for call in self.finished:
            recording, speech = call.record.get("recording"), call.record.get("speech") or {}
            if recording and recording.get("path"):
                recordings.append({
                    "path": os.path.join(self.engine.recordings, recording["path"]),
                    "duration_ms": recording.get("duration_ms"),
                    "talk_share": {side: (speech.get(side) or {}).get("talk_share")
                                   for side in ("caller", "agent")}})
        drops = {name: count - former["dropped"].get(name, 0)
                 for name, count in rtp["dropped"].items()}
        return {
            "calls": {"offered": self.offered, "answered": len(self.finished) - len(failed),
                      "failed": len(failed) + self.offered - len(self.finished)},
            "rtp": {"relayed": rtp["relayed"] - former["relayed"],
                    "lost": rtp["lost"] - former["lost"],
                    "dropped": {name: count for name, count in drops.items() if count}},
            "transfers": self.transfers.done,
            "flow": self.flows.summary(),
            "digits": rtp["digits"] - former["digits"],
            "recordings": recordings,
        }
