"""Animations of a policy that constructs a solution, choice by choice, as a GIF, or as MP4 where ffmpeg is at hand.

A GIF has at most 256 colours and a picture of every moment: where an episode has more choices than an animation may
have frames, evenly spread moments are shown, the first and the last among them. All frames share one palette, so that
what does not change takes no room.
"""

import inspect
import io
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np

from mdpzoo.errors import MissingExtraError, SettingError
from mdpzoo_combinatorial.instances import Instance, KnapsackInstance
from mdpzoo_combinatorial.render import Picture, picture
from mdpzoo_combinatorial.render.canvas import CURRENT, EMPTY, LINE, NODE, ROUTES, START, TEXT, UNVISITED

COLOURS = ("#ffffff", LINE, NODE, UNVISITED, START, CURRENT, TEXT, EMPTY, *ROUTES)  # never rounded to others
SHADES = 112  # besides, for what lies between
WHITEST = 244  # channels of what is white
REST = 2_000  # milliseconds that the last frame stays
SHORTEST = 40  # that any frame stays; programs slow down what is shorter


@dataclass(frozen=True)
class Construction:
    """How a solution came about.

    Attributes:
        instance: what is solved.
        parts: the solution after each choice, first before any.
    """

    instance: Instance
    parts: list[Any]

    @property
    def solution(self) -> Any:
        """The whole solution."""
        return self.parts[-1]


def construct(env: gymnasium.Env[Any, Any], policy: Any, instance: Instance, seed: int = 0) -> Construction:
    """Lets a policy solve an instance, one choice after the other.

    Args:
        env: plays the instance, in either form.
        policy: anything with SB3's ``predict``; told ``action_masks`` where that takes them.
        instance: the one that ``env`` plays.
        seed: of the episode.

    Raises:
        IllegalActionError: the policy chooses what the state does not allow.
    """
    form, rules = env.unwrapped.rules, env.unwrapped.rules.rules  # type: ignore[attr-defined]
    names = list(range(rules.routed, rules.size)) if hasattr(form, "length") else None  # of those left; None: direct
    masked = "action_masks" in inspect.signature(policy.predict).parameters
    observation, _ = env.reset(seed=seed)
    memory, first, ended = None, np.ones(1, bool), False
    chosen: list[int] = []
    parts = [_part(rules, instance, chosen)]
    while not ended:
        told = {"action_masks": env.unwrapped.action_masks()} if masked else {}  # type: ignore[attr-defined]
        action, memory = policy.predict(observation, memory, first, True, **told)
        played = int(np.asarray(action).reshape(-1)[0])
        observation, _, terminated, truncated, _ = env.step(played)
        first, ended = np.zeros(1, bool), terminated or truncated
        token, way = divmod(played, rules.action_variants)
        name = token if names is None else names.pop(token - rules.routed)
        chosen.append(rules.action_variants * name + way)
        parts.append(_part(rules, instance, chosen))
    return Construction(instance, parts)


def _part(rules: Any, instance: Instance, chosen: list[int]) -> Any:
    """The solution so far, items in the order in which they were taken."""
    actions = np.array(chosen, np.int64)
    return actions if isinstance(instance, KnapsackInstance) else rules.solution(actions)


def frames_of(construction: Construction, most: int, title: str | None = None, side: int = 600) -> list[Picture]:
    """Pictures of a construction, at most so many, evenly spread; the last shows the solution.

    Args:
        construction: what to show.
        most: frames, at least 2.
        title: a line above.
        side: pixels, width and height.

    Raises:
        SettingError: fewer than two frames.
        MissingExtraError: matplotlib is not installed.
    """
    if most < 2:
        raise SettingError(f"an animation needs at least 2 frames, got {most}")
    instance, last = construction.instance, len(construction.parts) - 1
    layout = None if isinstance(instance, KnapsackInstance) else instance.layout()
    moments = np.unique(np.linspace(0, last, min(most, last + 1)).round().astype(int))
    looks: dict[str, Any] = {"title": title, "size": (side, side), "arranged": False, "layout": layout}
    return [picture(instance, construction.parts[each], complete=each == last, **looks) for each in moments.tolist()]


def gif(frames: list[Picture], seconds: float = 8.0) -> bytes:
    """The frames as a GIF that goes round.

    Args:
        frames: of one size, at least one.
        seconds: how long they take, without two seconds at the end; each stays 40 to 500 milliseconds.

    Raises:
        MissingExtraError: Pillow is not installed.
    """
    try:
        from PIL import Image
    except ImportError:
        sentence = "animations need Pillow; type: pip install 'mdpzoo-combinatorial[render]'"
        raise MissingExtraError(sentence) from None
    palette = _palette(frames)
    shown = [Image.fromarray(each).quantize(palette=palette, dither=Image.Dither.NONE) for each in frames]
    each = int(np.clip(1_000 * seconds / len(frames), SHORTEST, 500))
    content = io.BytesIO()
    stay = [each] * (len(frames) - 1) + [REST]
    shown[0].save(content, "GIF", save_all=True, append_images=shown[1:], duration=stay, loop=0)
    return content.getvalue()


def mp4(frames: list[Picture], seconds: float = 8.0) -> bytes:
    """The frames as an MP4 film (H.264).

    Args:
        frames: of one size, at least one; an odd side loses its last pixel.
        seconds: how long they take, without two seconds at the end; each stays 40 to 500 milliseconds.

    Raises:
        MissingExtraError: imageio-ffmpeg, which brings ffmpeg, is not installed.
        SettingError: ffmpeg cannot write the film.
    """
    write_frames = _ffmpeg()
    stay = float(np.clip(1_000 * seconds / len(frames), SHORTEST, 500))
    high, wide = (side - side % 2 for side in frames[0].shape[:2])
    shown = [*frames, *[frames[-1]] * int(np.ceil(REST / stay))]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        try:
            film = write_frames(path, (wide, high), fps=1_000 / stay, macro_block_size=2, ffmpeg_log_level="error")
            film.send(None)
            for each in shown:
                film.send(np.ascontiguousarray(each[:high, :wide]))
            film.close()
            return path.read_bytes()
        except OSError as error:
            raise SettingError(f"ffmpeg cannot write the film: {' '.join(str(error).split())[-200:]}") from None


def encoder_of(path: Path) -> Callable[[list[Picture], float], bytes]:
    """What makes a file of frames by the ending of its name.

    Raises:
        SettingError: another ending than .gif and .mp4.
        MissingExtraError: what it needs is not installed.
    """
    known = {".gif": gif, ".mp4": mp4}
    if path.suffix.lower() not in known:
        raise SettingError(f"an animation's name must end in {' or '.join(known)}, got {str(path)!r}")
    if path.suffix.lower() == ".mp4":
        _ffmpeg()
    return known[path.suffix.lower()]


def _ffmpeg() -> Any:
    try:
        from imageio_ffmpeg import write_frames
    except ImportError:
        sentence = "an .mp4 needs imageio-ffmpeg; type: pip install 'mdpzoo-combinatorial[video]', or write a .gif"
        raise MissingExtraError(sentence) from None
    return write_frames


def _palette(frames: list[Picture]) -> Any:
    """An image that has the colours of the first, the middle and the last frame."""
    from PIL import Image

    together = np.concatenate([frames[each] for each in sorted({0, len(frames) // 2, len(frames) - 1})])
    found = Image.fromarray(together).quantize(SHADES).getpalette() or []
    shades = np.array(found[: 3 * SHADES]).reshape(-1, 3)
    shades[(shades >= WHITEST).all(1)] = 255  # Pillow does not tell them apart, and the paper would not be white
    palette = Image.new("P", (1, 1))
    palette.putpalette([*_channels(), *shades.ravel().tolist()])
    return palette


def _channels() -> Iterator[int]:
    for colour in COLOURS:
        yield from bytes.fromhex(colour[1:])
