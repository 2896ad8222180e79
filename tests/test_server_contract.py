"""The API keeps what its own description says, whatever it is sent."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import schemathesis

from conftest import gray_jpeg

pytest.importorskip("fastapi")

from rechroma.server.options import ServeOptions
from serving import Running, foreign, running

EXAMPLES = 5
"""Requests made up for each route and each of: as described, and not as described."""


def test_whatever_is_sent_the_answer_is_one_that_the_description_has(graph: Path) -> None:
    from schemathesis import GenerationMode, checks
    from schemathesis.specs.openapi import checks as openapi

    kept = [
        checks.not_a_server_error,
        openapi.status_code_conformance,
        openapi.content_type_conformance,
        openapi.response_schema_conformance,
        openapi.negative_data_rejection,
    ]
    with running(ServeOptions(port=0, method=str(graph), workers=2, max_bytes=200_000)) as up:
        schema = schemathesis.openapi.from_url(f"{up.client.base_url}openapi.json")
        answered: dict[str, set[int]] = {}
        for result in schema.get_all_operations():
            operation = result.ok()
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                cases = operation.as_strategy(generation_mode=mode)

                @hypothesis.settings(
                    max_examples=EXAMPLES,
                    deadline=None,
                    database=None,
                    derandomize=True,
                    suppress_health_check=list(hypothesis.HealthCheck),
                )
                @hypothesis.given(case=cases)
                def hold(case: schemathesis.Case) -> None:
                    if mode == GenerationMode.POSITIVE:  # noqa: B023 - called at once
                        make_it_exist(up, case)
                    response = case.call(timeout=20)
                    answered.setdefault(operation.label, set()).add(response.status_code)  # noqa: B023
                    case.validate_response(response, checks=kept)
                    if response.status_code >= 400:
                        assert not foreign(response.json()["message"]), response.text

                with suppress(hypothesis.errors.Unsatisfiable):  # nothing about /healthz can be wrong
                    hold()
        assert up.service.pool.inside == 0
    for label in ("look", "preview", "uncertainty", "proposals", "result"):
        assert {200, 422} <= answered[f"POST /api/drafts/{{draft_id}}/{label}"], answered


def make_it_exist(up: Running, case: Any) -> None:
    """Put a draft or a job that is there in the place of one made up."""
    if "draft_id" in case.path_parameters:
        if len(up.service.desk) == 0 or case.method == "DELETE":
            up.client.post("/api/drafts", files={"picture": ("a.jpg", gray_jpeg(24, 32))})
        case.path_parameters["draft_id"] = next(iter(up.service.desk._drafts))
    if "job_id" in case.path_parameters:
        if not up.service.jobs._jobs or case.method == "DELETE":
            up.client.post("/api/jobs", files=[("pictures", ("a.jpg", gray_jpeg(24, 32)))])
        case.path_parameters["job_id"] = next(iter(up.service.jobs._jobs))
