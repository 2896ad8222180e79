"""The command that serves the studio and the API."""

from typing import Annotated

import typer

from rechroma.cli.options import MaxMegapixels, Method
from rechroma.cli.terminal import say

SERVE_HELP = """\
Serve the studio, a web page to color photographs with, and an HTTP API.

Nothing leaves this machine. On another address than 127.0.0.1 a token is needed, and TLS is the business of a reverse
proxy. Ctrl-C ends it; what was uploaded is removed.

\b
Examples:
  rechroma serve --open
  rechroma serve --port 0 --no-ui
  rechroma serve --host 0.0.0.0 --token "$(openssl rand -hex 16)"
"""


def serve(  # noqa: PLR0917 - the command's options
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0 = any that is free.")] = 8000,
    token: Annotated[
        str | None,
        typer.Option(help="Secret that every request must bring; needed where others can reach HOST."),
    ] = None,
    names: Annotated[
        list[str],
        typer.Option("--name", help="Another host name of the server, such as a proxy's; repeatable."),
    ] = [],  # noqa: B006 - typer copies it
    ui: Annotated[bool, typer.Option(help="Serve the studio beside the API.")] = True,
    open: Annotated[bool, typer.Option("--open", help="Open the studio in a browser.")] = False,  # noqa: A002
    method: Method = "hintnet",
    workers: Annotated[
        int, typer.Option(help="Pictures worked on at the same time; 0 = one more than cores.")
    ] = 0,
    queue: Annotated[int, typer.Option(help="Requests that may wait; more get 503.")] = 64,
    timeout: Annotated[float, typer.Option(help="Seconds that a request may take.")] = 120.0,
    max_bytes: Annotated[int, typer.Option(help="Bytes of one upload at most.")] = 256_000_000,
    max_megapixels: MaxMegapixels = 100.0,
    drafts: Annotated[int, typer.Option(help="Pictures kept open in the studio.")] = 16,
    drafts_megapixels: Annotated[float, typer.Option(help="Megapixels of these together.")] = 400.0,
    references: Annotated[int, typer.Option(help="Reference pictures of one draft or request at most.")] = 8,
    jobs: Annotated[int, typer.Option(help="Jobs kept with their results.")] = 8,
    job_files: Annotated[int, typer.Option(help="Pictures of one job at most.")] = 1000,
    job_bytes: Annotated[int, typer.Option(help="Bytes of one job's upload at most.")] = 2_000_000_000,
    archive_bytes: Annotated[
        int, typer.Option(help="Bytes of the results in one archive at most.")
    ] = 20_000_000_000,
    keep: Annotated[float, typer.Option(help="Seconds for which a job's results are kept.")] = 3600.0,
) -> None:
    """Serve the studio and an HTTP API."""
    from rechroma import server

    options = server.ServeOptions(
        host=host,
        port=port,
        token=token,
        names=tuple(names),
        ui=ui,
        open=open,
        method=method,
        workers=workers,
        queue=queue,
        timeout=timeout,
        max_bytes=max_bytes,
        max_megapixels=max_megapixels,
        drafts=drafts,
        drafts_megapixels=drafts_megapixels,
        references=references,
        jobs=jobs,
        job_files=job_files,
        job_bytes=job_bytes,
        archive_bytes=archive_bytes,
        keep=keep,
    )
    server.serve(options, ready=lambda address: say(f"{address}  (Ctrl-C ends it)"))
