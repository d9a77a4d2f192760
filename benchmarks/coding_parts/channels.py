"""Texts through CartPole: delivery, detection, hostile files."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np

import mdpzoo
from mdpzoo.errors import MdpzooError
from mdpzoo_coding import detection, receive, send
from mdpzoo_coding.analysis.detecting import draw_detection
from mdpzoo_coding.messages.receiving import decode_run
from mdpzoo_coding.messages.sending import ordinary_run, transmit
from mdpzoo_coding.policies.poles import linear_pole, steady_pole

PICTURE = Path(tempfile.gettempdir()) / "detection.png"


def sending() -> list[dict[str, Any]]:
    """Thirty times hello by the commands, then two kilobytes without and with noise."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        run, texts, told = Path(folder) / "run.npz", [], []
        for _ in range(30):
            sent = _typed("send", "hello", "--env", "CartPole-v1", "--key", "k", "--out", str(run), "--json")
            told.append(json.loads(sent))
            texts.append(_typed("receive", str(run), "--key", "k").strip())
        steps = [each["text_steps"] for each in told]
        returns = [value for each in told for value in each["returns"]]
        rows.append(
            {
                "what": "hello, fresh randomness, by the commands",
                "decoded": texts.count("hello"),
                "of": len(texts),
                "smallest_return": min(returns),
                "median_text_steps": float(np.median(steps)),
                "largest_text_steps": max(steps),
                "median_frame_steps": float(np.median([each["frame_steps"] for each in told])),
            }
        )
    data, env = np.random.default_rng(0).bytes(2048), gymnasium.make("CartPole-v1")
    for policy in (steady_pole(), linear_pole()):
        for noise in (0.0, 0.01, 0.05):
            found = transmit(data, env, policy, key="k", noise=noise, seed=0)
            rows.append(
                {
                    "what": f"2,048 bytes, {policy.digest()[:9]} width {policy.width}, noise {noise}",
                    "decoded": int(decode_run(found.trajectories, policy, found.keys) == data),
                    "of": 1,
                    "episodes": found.trajectories.num_episodes,
                    "bits_per_step": found.bits / found.frame_steps,
                    "smallest_return": found.trajectories.returns.min(),
                    "resent": found.resent,
                }
            )
    return rows


def detecting(messages: int = 10, episodes: int = 60) -> list[dict[str, Any]]:
    """Standard scores of sixty episodes with a message and of sixty without, ten times over, and of all together."""
    env, policy = gymnasium.make("CartPole-v1"), steady_pole()
    scores: dict[str, list[np.ndarray]] = {"with a message": [], "without": []}
    differences = []
    for k in range(messages):
        text = np.random.default_rng(50 + k).bytes(2700)
        sent = detection(transmit(text, env, policy, key="k", seed=1000 + k).trajectories)
        ordinary = detection(ordinary_run(env, policy, episodes, seed=77 + k))
        scores["with a message"].append(sent.scores)
        scores["without"].append(ordinary.scores)
        differences.append(sent.difference(ordinary))
        if k == 0:
            draw_detection(PICTURE, sent, ordinary)
    rows = []
    for name, each in scores.items():
        every = np.concatenate(each)
        error = every.std(ddof=1) / len(every) ** 0.5
        rows.append({"runs": name, "episodes": len(every), "mean": every.mean(), "standard_error": error})
        rows[-1] |= {"deviation": every.std(ddof=1), "largest_of_ten_differences": max(map(abs, differences))}
    return rows


def hostile(count: int = 1000) -> list[dict[str, Any]]:
    """Mutated run files: how many give an error of one sentence, and how many a text."""
    found: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as folder:
        run, mutated = Path(folder) / "run.npz", Path(folder) / "mutated.npz"
        send("hello", "CartPole-v1", out=run, key="k", seed=0)
        content, generator = run.read_bytes(), np.random.default_rng(0)
        for k in range(count):
            changed = bytearray(content)
            begin = int(generator.integers(len(changed)))
            if k % 4 == 0:
                changed[begin] ^= 1 << int(generator.integers(8))
            elif k % 4 == 1:
                del changed[begin:]
            elif k % 4 == 2:
                changed[begin : begin + 16] = generator.bytes(16)
            else:
                changed[begin:begin] = generator.bytes(5)
            mutated.write_bytes(bytes(changed))
            try:
                ending = f"text {receive(mutated, key='k')!r}"
            except MdpzooError as error:
                ending = type(error).__name__
            except Exception as error:
                ending = f"traceback of {type(error).__name__}"
            found[ending] = found.get(ending, 0) + 1
    return [{"ending": name, "files": number} for name, number in sorted(found.items())]


def trained() -> list[dict[str, Any]]:
    """A PPO policy trained by the documentation's ten lines on Acrobot carries a message."""
    agent = mdpzoo.make_agent("ppo", "Acrobot-v1", seed=0)
    agent.learn(100_000)
    with tempfile.TemporaryDirectory() as folder:
        agent.save(Path(folder) / "acrobot.zip")
        run, text = Path(folder) / "run.npz", "meet me at the bridge"
        sent = send(text, "Acrobot-v1", agent, out=run, key="our secret")
        got = receive(run, policy=str(Path(folder) / "acrobot.zip"), key="our secret").decode()
    plain = ordinary_run(gymnasium.make("Acrobot-v1"), _categorical(agent), 10, seed=0)
    return [
        {
            "text": got,
            "right": got == text,
            "episodes": sent.trajectories.num_episodes,
            "text_steps": sent.text_steps,
            "frame_steps": sent.frame_steps,
            "mean_return": sent.trajectories.returns.mean(),
            "mean_return_without": plain.returns.mean(),
        }
    ]


def _categorical(agent: Any) -> Any:
    from mdpzoo_coding import as_probabilities

    return as_probabilities(agent)


def _typed(*words: str) -> str:
    command = [sys.executable, "-m", "mdpzoo", *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
