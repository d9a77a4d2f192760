"""``mdpzoo receive``: reads a text from a run."""

import base64
import sys
from pathlib import Path
from typing import Annotated

import typer

from mdpzoo.cli import read_settings
from mdpzoo.cli.listing import print_json
from mdpzoo.errors import SettingError
from mdpzoo.experiments.progress import bar
from mdpzoo.files import check_folder, replacing
from mdpzoo.front import make
from mdpzoo_coding.commands.send_command import Key, Policy
from mdpzoo_coding.messages.runs import receive as receive_text

BAR = 1 << 16  # bits: the total is not known in advance


def receive(
    run: Annotated[Path, typer.Argument(help="A run file of mdpzoo send.")],
    env: Annotated[str | None, typer.Option("--env", help="Environment. Default: as the file says.")] = None,
    policy: Policy = None,
    key: Key = "",
    out: Annotated[Path | None, typer.Option(help="Write what was received to this file.")] = None,
    env_set: Annotated[
        list[str] | None, typer.Option("--env-set", metavar="KEY=VALUE", help="Setting of the environment.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, for programs.")] = False,
) -> None:
    """Read a text from a run. Example: mdpzoo receive run.npz --key K

    Uses the trajectory, the shared policy and the key, nothing else. A damaged file, another key or another policy is
    an error, never a wrong text.
    """
    if out is not None:
        check_folder(out)
    made = None if env is None else make(env, **read_settings(env_set))
    with bar("bits", BAR, sys.stderr.isatty()) as advance:
        content = receive_text(run, made, policy, key=key, advance=advance)
    if out is not None:
        with replacing(out) as beside:
            beside.write_bytes(content)
    text = _text(content)
    if as_json:
        found = {"text": text, "bytes": len(content), "base64": base64.b64encode(content).decode()}
        print_json(found | {"file": None if out is None else str(out)})
    elif out is not None:
        print(f"received {len(content):,} bytes -> {out}")  # noqa: T201
    elif text is None:
        raise SettingError(f"the {len(content):,} bytes received are no text; write them to a file with --out")
    else:
        print(text)  # noqa: T201


def _text(content: bytes) -> str | None:
    try:
        return content.decode()
    except UnicodeDecodeError:
        return None
