"""``mdpzoo send``: sends a text as a run of an environment."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from mdpzoo.cli import read_settings
from mdpzoo.cli.listing import print_json
from mdpzoo.errors import SettingError
from mdpzoo.experiments.progress import bar
from mdpzoo.front import make
from mdpzoo_coding.messages.framing import frame_bits
from mdpzoo_coding.messages.runs import send as send_text

Key = Annotated[str, typer.Option(help="Passphrase that sender and receiver share. Default: none, no secrecy.")]
Policy = Annotated[
    str | None,
    typer.Option(help="zoo:steady, soft:TEMPERATURE, a table (.npy) or a saved agent. Default: the zoo's, if any."),
]


def send(
    text: Annotated[str | None, typer.Argument(help="The text to send, or --file.")] = None,
    env: Annotated[str, typer.Option("--env", help="Id of an environment with finitely many actions.")] = "CartPole-v1",
    out: Annotated[Path, typer.Option(help="The run file to write (.npz).")] = Path("run.npz"),
    file: Annotated[Path | None, typer.Option(help="Send the content of a file.")] = None,
    policy: Policy = None,
    key: Key = "",
    noise: Annotated[float, typer.Option(help="Probability that a uniform action replaces the chosen one.")] = 0.0,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Makes the run repeatable. Default: fresh randomness.")
    ] = None,
    env_set: Annotated[
        list[str] | None, typer.Option("--env-set", metavar="KEY=VALUE", help="Setting of the environment.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, for programs.")] = False,
) -> None:
    """Send a text through the actions of a policy. Example: mdpzoo send hello --env CartPole-v1 --key K --out run.npz

    The text is encrypted and authenticated first. Guaranteed, with a secret key: the actions are distributed exactly as
    the policy's own, so that nobody without the key can tell from the trajectory that anything was sent. Not
    guaranteed: the run file itself says what it is; without --key anybody can read it; who can change the trajectory
    can destroy the message, which is noticed. The receiver needs the same policy. A demonstration of information
    theory, not a tool to trust with your safety.
    """
    if (text is None) == (file is None):
        raise SettingError("give either a text or --file, as in: mdpzoo send hello --env CartPole-v1 --out run.npz")
    content = file.read_bytes() if file is not None else str(text).encode()
    made = make(env, **read_settings(env_set))
    with bar("bits", frame_bits(len(content)), sys.stderr.isatty()) as advance:
        sent = send_text(content, made, policy, out=out, key=key, noise=noise, seed=seed, advance=advance)
    run = sent.trajectories
    facts = {
        "file": str(out),
        "environment": env,
        "bytes": len(content),
        "bits": sent.bits,
        "episodes": run.num_episodes,
        "steps": run.num_steps,
        "text_steps": sent.text_steps,
        "frame_steps": sent.frame_steps,
        "returns": run.returns.tolist(),
        "bits_per_step": sent.bits / sent.frame_steps,
        "resent": sent.resent,
        "encrypted_with_key": bool(key),
    }
    if as_json:
        print_json(facts)
        return
    words = f"sent {len(content):,} bytes in {run.num_episodes} episodes of {env}, return {run.returns.mean():.1f}"
    print(f"{words}: text after {sent.text_steps:,} steps, authenticated after {sent.frame_steps:,} -> {out}")  # noqa: T201
    if not key:
        print("no --key: anybody with the policy can read it", file=sys.stderr)  # noqa: T201
