"""Animations of a policy that constructs a solution, choice by choice, as a GIF, or as an MP4 if ffmpeg is installed.

If an episode has more choices than the animation has frames, evenly spaced frames are shown, including the first and
the last. A GIF has at most 256 colours; all its frames share one palette, so that unchanged areas take no space.
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

COLOURS = ("#ffffff", LINE, NODE, UNVISITED, START, CURRENT, TEXT, EMPTY, *ROUTES)  # in every palette
SHADES = 112  # additional colours of a palette
WHITEST = 244  # a colour whose channels are at least this is white
REST = 2_000  # duration of the last frame in milliseconds
SHORTEST = 40  # duration of any frame in milliseconds; programs slow shorter ones down


@dataclass(frozen=True)
class Construction:
    """The construction of a solution.

    Attributes:
        instance: the instance.
        parts: the partial solution before the first choice and after each one.
    """

    instance: Instance
    parts: list[Any]

    @property
    def solution(self) -> Any:
        """The complete solution."""
        return self.parts[-1]


def construct(env: gymnasium.Env[Any, Any], policy: Any, instance: Instance, seed: int = 0) -> Construction:
    """Plays one episode with a policy and records the partial solutions.

    Args:
        env: an environment of the instance, in either form.
        policy: any object with SB3's ``predict``, which gets ``action_masks`` if it has this parameter.
        instance: the environment's instance.
        seed: of the episode.

    Raises:
        IllegalActionError: if the policy chooses an illegal action.
    """
    form, rules = env.unwrapped.rules, env.unwrapped.rules.rules  # type: ignore[attr-defined]
    names = (
        list(range(rules.routed, rules.size)) if hasattr(form, "length") else None
    )  # the remaining tokens; None in the direct form
    masked = "action_masks" in inspect.signature(policy.predict).parameters
    observation, _ = env.reset(seed=seed)
    memory, first, ended = None, np.ones(1, bool), False
    chosen: list[int] = []
    parts = [_part(rules, instance, chosen)]
    while not ended:
        masks = {"action_masks": env.unwrapped.action_masks()} if masked else {}  # type: ignore[attr-defined]
        action, memory = policy.predict(observation, memory, first, True, **masks)
        played_action = int(np.asarray(action).reshape(-1)[0])
        observation, _, terminated, truncated, _ = env.step(played_action)
        first, ended = np.zeros(1, bool), terminated or truncated
        token, variant = divmod(played_action, rules.action_variants)
        name = token if names is None else names.pop(token - rules.routed)
        chosen.append(rules.action_variants * name + variant)
        parts.append(_part(rules, instance, chosen))
    return Construction(instance, parts)


def _part(rules: Any, instance: Instance, chosen: list[int]) -> Any:
    """Returns the partial solution, with items in the order in which they were chosen."""
    actions = np.array(chosen, np.int64)
    return actions if isinstance(instance, KnapsackInstance) else rules.solution(actions)


def frames_of(construction: Construction, max_frames: int, title: str | None = None, side: int = 600) -> list[Picture]:
    """Returns pictures of a construction, evenly spaced; the last one shows the solution.

    Args:
        construction: the recorded construction.
        max_frames: maximum number of pictures, at least 2.
        title: a line above each picture.
        side: width and height in pixels.

    Raises:
        SettingError: if ``max_frames`` is below 2.
        MissingExtraError: if matplotlib is not installed.
    """
    if max_frames < 2:
        raise SettingError(f"an animation needs at least 2 frames, got {max_frames}")
    instance, last = construction.instance, len(construction.parts) - 1
    layout = None if isinstance(instance, KnapsackInstance) else instance.layout()
    moments = np.unique(np.linspace(0, last, min(max_frames, last + 1)).round().astype(int))
    looks: dict[str, Any] = {"title": title, "size": (side, side), "arranged": False, "layout": layout}
    return [picture(instance, construction.parts[each], complete=each == last, **looks) for each in moments.tolist()]


def gif(frames: list[Picture], seconds: float = 8.0) -> bytes:
    """Returns the frames as a GIF that loops.

    Args:
        frames: at least one, all of the same size.
        seconds: duration without the pause of two seconds at the end; each frame takes 40 to 500 milliseconds.

    Raises:
        MissingExtraError: if Pillow is not installed.
    """
    try:
        from PIL import Image
    except ImportError:
        sentence = "animations need Pillow; type: pip install 'mdpzoo-combinatorial[render]'"
        raise MissingExtraError(sentence) from None
    palette = _palette(frames)
    images = [Image.fromarray(each).quantize(palette=palette, dither=Image.Dither.NONE) for each in frames]
    each = int(np.clip(1_000 * seconds / len(frames), SHORTEST, 500))
    content = io.BytesIO()
    stay = [each] * (len(frames) - 1) + [REST]
    images[0].save(content, "GIF", save_all=True, append_images=images[1:], duration=stay, loop=0)
    return content.getvalue()


def mp4(frames: list[Picture], seconds: float = 8.0) -> bytes:
    """Returns the frames as an MP4 video (H.264).

    Args:
        frames: at least one, all of the same size; sides with an odd number of pixels lose the last one.
        seconds: duration without the pause of two seconds at the end; each frame takes 40 to 500 milliseconds.

    Raises:
        MissingExtraError: if imageio-ffmpeg, which includes ffmpeg, is not installed.
        SettingError: if ffmpeg fails.
    """
    write_frames = _ffmpeg()
    stay = float(np.clip(1_000 * seconds / len(frames), SHORTEST, 500))
    height, width = (side - side % 2 for side in frames[0].shape[:2])
    images = [*frames, *[frames[-1]] * int(np.ceil(REST / stay))]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        try:
            film = write_frames(path, (width, height), fps=1_000 / stay, macro_block_size=2, ffmpeg_log_level="error")
            film.send(None)
            for each in images:
                film.send(np.ascontiguousarray(each[:height, :width]))
            film.close()
            return path.read_bytes()
        except OSError as error:
            raise SettingError(f"ffmpeg cannot write the video: {' '.join(str(error).split())[-200:]}") from None


def encoder_of(path: Path) -> Callable[[list[Picture], float], bytes]:
    """Returns the function that encodes frames for a file's extension.

    Raises:
        SettingError: if the extension is neither .gif nor .mp4.
        MissingExtraError: if a package that it needs is not installed.
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
    """Returns an image with a palette for the first, the middle and the last frame."""
    from PIL import Image

    together = np.concatenate([frames[each] for each in sorted({0, len(frames) // 2, len(frames) - 1})])
    found = Image.fromarray(together).quantize(SHADES).getpalette() or []
    shades = np.array(found[: 3 * SHADES]).reshape(-1, 3)
    shades[(shades >= WHITEST).all(1)] = 255  # Pillow merges similar shades, so that the background would not be white
    palette = Image.new("P", (1, 1))
    palette.putpalette([*_channels(), *shades.ravel().tolist()])
    return palette


def _channels() -> Iterator[int]:
    for colour in COLOURS:
        yield from bytes.fromhex(colour[1:])
