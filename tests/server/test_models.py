"""The list of models holds what there is, by its true name."""

from __future__ import annotations

import pytest
from openai import AsyncOpenAI, NotFoundError

from tests.server.rest import refusal, resting
from tests.server.serving import TOKEN

ENTRY = {"id": "local-demo", "object": "model", "created": 0, "owned_by": "realtime_nb"}


async def test_the_list_and_its_entry():
    async with resting() as rest:
        for slash in ("", "/"):
            listed = (await rest.http.get(f"/models{slash}")).json()
            assert listed == {"object": "list", "data": [ENTRY]}
            assert (await rest.http.get(f"/models/local-demo{slash}")).json() == ENTRY


@pytest.mark.parametrize("model", ["gpt-audio-1.5", "nope", "%3Cb%3E", "a%2Fb", "x" * 3_000])
async def test_what_is_not_here_is_not_found(model: str):
    async with resting() as rest:
        error = refusal(await rest.http.get(f"/models/{model}"), 404)
        assert error["code"] == "model_not_found"
        assert len(error["message"]) < 300


async def test_the_models_need_the_token():
    async with resting() as rest:
        answer = await rest.http.get("/models/local-demo", headers={"Authorization": ""})
        assert answer.status_code == 401


async def test_the_openai_package_reads_them():
    async with resting() as rest, AsyncOpenAI(base_url=rest.served.url, api_key=TOKEN) as client:
        assert [model.id async for model in client.models.list()] == ["local-demo"]
        assert (await client.models.retrieve("local-demo")).owned_by == "realtime_nb"
        with pytest.raises(NotFoundError, match="does not exist"):
            await client.models.retrieve("gpt-audio-1.5")
