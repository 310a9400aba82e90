"""The local practice server: the Realtime protocol, spoken by this computer.

`main` runs it as a program. It says of itself what it is: model ``local-demo``.
"""

from __future__ import annotations

__all__ = ["main"]


def main(  # noqa: PLR0913 -- the command line's options, one for one
    host: str = "127.0.0.1",
    port: int = 0,
    token: str | None = None,
    brain: str | None = None,
    *,
    pace: float | None = None,
    max_session_s: float | None = None,
    exit_with_stdin: bool = False,
    token_from_stdin: bool = False,
    sip_port: int | None = None,
    webhook_url: str | None = None,
    webhook_secret: str | None = None,
) -> int:
    """Run the server until it is told to end; return the exit code.

    The first two lines on stdout are ``url: http://HOST:PORT/v1`` and ``token: ...``.

    Parameters
    ----------
    host
        A loopback address.
    port
        0 takes a free one.
    token
        What clients must present; by default ``REALTIME_NB_TOKEN``, else a random one.
    brain
        ``card`` (the default), ``echo``, ``scripted:FILE`` or the URL of an
        OpenAI-compatible chat service.
    pace
        Answers go out at so many times real time; 0 sends them at once. Default 4.
    max_session_s
        After this a session expires; default 60 minutes.
    exit_with_stdin
        End when standard input closes.
    token_from_stdin
        The first line of standard input is the token, which then stands in no environment and in
        no list of processes.
    sip_port
        UDP port of the loopback interface on which SIP calls are taken, 0 for a free one; the
        third line on stdout then is ``sip: HOST:PORT``. None takes none.
    webhook_url
        Who is told of calls, on this computer.
    webhook_secret
        What signs that; by default ``OPENAI_WEBHOOK_SECRET``.

    Returns
    -------
    int
        0 after a clean end, 2 when it could not start (the reason is one line on stderr).
    """
    # Here and not above: tornado and numpy.
    from realtime_nb.server.phone.options import PhoneOptions  # noqa: PLC0415
    from realtime_nb.server.process import run  # noqa: PLC0415

    return run(
        host=host,
        port=port,
        token=token,
        brain=brain,
        pace=pace,
        max_session_s=max_session_s,
        exit_with_stdin=exit_with_stdin,
        token_from_stdin=token_from_stdin,
        phone=PhoneOptions(sip_port, webhook_url, webhook_secret),
    )
