"""What tests of models share: adapters, and servers that behave in ways that are known."""

import asyncio
import contextlib
import inspect
import shutil
import ssl
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from aiohttp import web

from codetune.models.embedded.smollm2 import smollm2_path


def _write_random_lora(path: Path, seed: int) -> Path:
    """A LoRA of random numbers for the embedded model, as GGUF: it changes what is written."""
    import gguf
    import numpy as np

    numbers = np.random.default_rng(seed)
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", 32.0)
    for tensor in gguf.GGUFReader(smollm2_path()).tensors:
        if tensor.name.endswith("attn_q.weight"):
            fan_in, fan_out = (int(size) for size in tensor.shape)
            for name, shape in (("lora_a", (8, fan_in)), ("lora_b", (fan_out, 8))):
                values = numbers.standard_normal(shape).astype(np.float32) * 0.1
                writer.add_tensor(f"{tensor.name}.{name}", values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@pytest.fixture
def random_lora() -> Callable[[Path, int], Path]:
    pytest.importorskip("gguf")
    return _write_random_lora


class ScriptedServer:
    """A server on loopback that answers as the test's function says, and notes what it was asked."""

    def __init__(self) -> None:
        self.asked: list[dict] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.answer = lambda server, body: server.reply("hello")
        self.models = ["m"]
        self.refused_list = 0
        """Status that `/models` answers with instead of the list."""
        self.url = ""
        self.ssl_context = None
        self._port = 0

    @staticmethod
    def reply(text, finish_reason="stop", **message):
        choice = {"index": 0, "finish_reason": finish_reason, "message": {"content": text, **message}}
        usage = {"prompt_tokens": 10, "completion_tokens": 5}
        return web.json_response({"choices": [choice], "usage": usage})

    @staticmethod
    def error(status, message, **headers):
        return web.json_response({"error": {"message": message}}, status=status, headers=headers)

    async def _post(self, request):
        body = await request.json()
        self.asked.append(body)
        self.headers.append(dict(request.headers))
        self.paths.append(request.path)
        made = self.answer(self, body)
        return await made if inspect.isawaitable(made) else made

    async def _models(self, request):
        self.headers.append(dict(request.headers))
        if self.refused_list:
            return self.error(self.refused_list, "no list for you")
        return web.json_response({"data": [{"id": name} for name in self.models]})

    async def __aenter__(self):
        app = web.Application()
        app.router.add_get("/v1/models", self._models)
        app.router.add_post("/v1/{what:.*}", self._post)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port, ssl_context=self.ssl_context)
        await site.start()
        port = self._runner.addresses[0][1]
        self.url = f"http{'s' if self.ssl_context else ''}://127.0.0.1:{port}/v1"
        return self

    async def __aexit__(self, *_):
        await self._runner.cleanup()


@pytest.fixture
def scripted():
    return ScriptedServer()


@contextlib.contextmanager
def serving(server):
    """The server in a thread of its own, so that the test needn't be asynchronous."""
    ready, done = threading.Event(), threading.Event()

    async def main():
        async with server:
            ready.set()
            while not done.is_set():
                await asyncio.sleep(0.01)

    thread = threading.Thread(target=asyncio.run, args=(main(),))
    thread.start()
    ready.wait()
    try:
        yield server
    finally:
        done.set()
        thread.join()


@pytest.fixture
def served(scripted):
    with serving(scripted):
        yield scripted


@pytest.fixture
def self_signed(scripted, tmp_path):
    """URL of a server whose certificate nobody signed."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl on this machine")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = f"openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -keyout {key} -out {certificate}"
    subprocess.run(command.split(), check=True, capture_output=True)
    scripted.ssl_context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    scripted.ssl_context.load_cert_chain(certificate, key)
    with serving(scripted):
        yield scripted.url
