"""The batch road: files in, files out, some of it missing, and a run that dies on the way."""

import asyncio
import json

from aiohttp import web

from codetune.errors import RequestRefusedError
from codetune.models.batch_api.model import BatchModel
from codetune.models.protocol import ChatReply, ChatRequest
from codetune.models.spec import EndpointSpec, ModelSpec
from codetune.models.store.request_store import RequestStore
from codetune.records import Message


class BatchServer:
    """OpenAI's batch API in memory; answers what `answers` says, leaves out what it says None for."""

    def __init__(self):
        self.files: dict[str, bytes] = {}
        self.batches: dict[str, dict] = {}
        self.asked: list[str] = []
        self.answers = lambda text: {"status_code": 200, "body": self.completion(text)}
        self.working = False
        self.creates = 0
        self.fail_after_create = False

    @staticmethod
    def completion(text):
        choice = {"message": {"content": f"re {text}"}, "finish_reason": "stop"}
        return {"choices": [choice], "usage": {"prompt_tokens": 2, "completion_tokens": 3}}

    async def _upload(self, request):
        form = await request.post()
        assert form["purpose"] == "batch"
        name = f"file-{len(self.files)}"
        self.files[name] = form["file"].file.read()
        return web.json_response({"id": name})

    async def _create(self, request):
        body = await request.json()
        self.creates += 1
        name = f"batch-{len(self.batches)}"
        self.batches[name] = {"id": name, "status": "in_progress", **body}
        for line in self.files[body["input_file_id"]].splitlines():
            self.asked.append(json.loads(line)["body"]["messages"][-1]["content"])
        if self.fail_after_create:
            request.transport.close()
        return web.json_response(self.batches[name])

    def _finish(self, batch):
        good, bad, complete = [], [], True
        for line in self.files[batch["input_file_id"]].splitlines():
            line = json.loads(line)
            answer = self.answers(line["body"]["messages"][-1]["content"])
            if answer is None:
                complete = False
                continue
            made = json.dumps({"custom_id": line["custom_id"], "response": answer, "error": None})
            (good if answer["status_code"] == 200 else bad).append(made)
        for kind, lines in (("output_file_id", good), ("error_file_id", bad)):
            if lines:
                batch[kind] = f"file-{len(self.files)}"
                self.files[batch[kind]] = "\n".join(lines).encode()
        batch["status"] = "completed" if complete else "expired"

    async def _look(self, request):
        batch = self.batches[request.match_info["id"]]
        if not self.working and batch["status"] == "in_progress":
            self._finish(batch)
        return web.json_response(batch)

    async def _list(self, request):
        return web.json_response({"data": list(self.batches.values())})

    async def _content(self, request):
        return web.Response(body=self.files[request.match_info["id"]])

    async def __aenter__(self):
        app = web.Application()
        app.router.add_post("/v1/files", self._upload)
        app.router.add_get("/v1/files/{id}/content", self._content)
        app.router.add_post("/v1/batches", self._create)
        app.router.add_get("/v1/batches", self._list)
        app.router.add_get("/v1/batches/{id}", self._look)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/v1"
        return self

    async def __aexit__(self, *_):
        await self._runner.cleanup()


def question(text):
    return ChatRequest(messages=(Message(role="user", content=text),), max_new_tokens=8)


async def ask(server, store, texts, give_up_after=None):
    spec = ModelSpec(name="m", endpoints=(EndpointSpec(base=server.url),))
    model = BatchModel(spec, store, poll_seconds=0.05, settle_seconds=0.05)
    try:
        asking = asyncio.gather(*(model.chat(question(text)) for text in texts), return_exceptions=True)
        return await asyncio.wait_for(asking, give_up_after)
    except TimeoutError:
        return None
    finally:
        await model.close()


def run(tmp_path, body):
    async def main():
        async with BatchServer() as server:
            with RequestStore(tmp_path / "r.sqlite") as store:
                return await body(server, store), server

    return asyncio.run(main())


def test_one_batch_for_all_and_answers_in_the_store(tmp_path):
    async def body(server, store):
        first = await ask(server, store, ["a", "b", "c"])
        second = await ask(server, store, ["c", "a", "d"])
        return first, second

    (first, second), server = run(tmp_path, body)
    assert [reply.text for reply in first] == ["re a", "re b", "re c"]
    assert [(reply.text, reply.stored) for reply in second] == [
        ("re c", True), ("re a", True), ("re d", False),
    ]  # fmt: skip
    assert server.asked == ["a", "b", "c", "d"] and server.creates == 2


def test_only_what_expired_goes_out_again(tmp_path):
    async def body(server, store):
        late = {"b", "d"}

        def answers(text):
            if text in late:
                late.discard(text)
                return None
            return {"status_code": 200, "body": server.completion(text)}

        server.answers = answers
        return await ask(server, store, list("abcd"))

    replies, server = run(tmp_path, body)
    assert [reply.text for reply in replies] == ["re a", "re b", "re c", "re d"]
    assert sorted(server.asked) == ["a", "b", "b", "c", "d", "d"]


def test_leave_and_come_back(tmp_path):
    async def body(server, store):
        server.working = True
        assert await ask(server, store, ["a", "b"], give_up_after=0.5) is None
        server.working = False
        return await ask(server, store, ["b", "a", "c"])

    replies, server = run(tmp_path, body)
    assert [reply.text for reply in replies] == ["re b", "re a", "re c"]
    assert sorted(server.asked) == ["a", "b", "c"], "what was with the server was not sent again"


def test_a_batch_whose_receipt_was_lost_is_found_by_its_mark(tmp_path):
    async def body(server, store):
        server.fail_after_create = True
        first = asyncio.create_task(ask(server, store, ["a"], give_up_after=5))
        while not server.creates:
            await asyncio.sleep(0.01)
        server.fail_after_create = False
        return await first

    [reply], server = run(tmp_path, body)
    assert reply.text == "re a" and server.creates == 1


def test_a_refused_line_is_a_failed_row(tmp_path):
    async def body(server, store):
        def answers(text):
            if text == "bad":
                return {"status_code": 400, "body": {"error": {"message": "too long"}}}
            return {"status_code": 200, "body": server.completion(text)}

        server.answers = answers
        return await ask(server, store, ["good", "bad"])

    [good, bad], _ = run(tmp_path, body)
    assert isinstance(good, ChatReply)
    assert isinstance(bad, RequestRefusedError) and "400: too long" in str(bad)
