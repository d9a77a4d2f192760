"""Open the doors of rooms in a row; each has a code of two tokens, which the environment shows on request.

A turn is two tokens: (0, 0) asks for the room's code, the code opens its door. An optimal policy needs two turns a
room. A uniform policy succeeds with probability P(Bin(turns, V^-2) >= rooms).
"""

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import torch
from torch import Tensor

from mdpzoo.errors import SettingError
from mdpzoo.protocols import Outcome
from mdpzoo.settings import Range, ranged
from mdpzoo_token.environments.task import TokenTask

if TYPE_CHECKING:
    from mdpzoo_token.environments.compiled_tasks import CompiledKeyDoor

TURN = 2  # tokens


class KeyDoorState(NamedTuple):
    """The states of B sequences.

    Attributes:
        prompt: ``[B, 2 N]`` int64, the codes, hidden.
        tokens: ``[B, L]`` int64, V where nothing is written yet.
        step: ``[B]`` int64, tokens written.
        room: ``[B]`` int64, doors opened.
        codes: ``[B, N + 1]`` int64, ``(V + 1) a + b`` of each room's code (a, b), at last -1.
        code: ``[B]`` int64, of the room, -1 when all doors are open.
        first: ``[B]`` int64, first token of a turn that is half written; V elsewhere.
        shown: ``[B]`` bool, whether the environment shows the room's code.
    """

    prompt: Tensor
    tokens: Tensor
    step: Tensor
    room: Tensor
    codes: Tensor
    code: Tensor
    first: Tensor
    shown: Tensor


class KeyDoor(TokenTask):
    """The last door must open within the given turns."""

    @ranged
    def __init__(
        self,
        rooms: Annotated[int, Range(1)] = 3,
        vocabulary: Annotated[int, Range(2)] = 4,
        turns: Annotated[int, Range(1)] = 12,
        prompts: Annotated[int, Range(1)] = 512,
        seed: Annotated[int, Range(0)] = 0,
    ) -> None:
        """Builds the task.

        Rewards: 1 when the last door opens, else 0.

        Ends: When the last door opens, or after the last turn.

        Args:
            rooms: N, at least 1.
            vocabulary: V, at least 2.
            turns: at least 1.
            prompts: number of fixed sets of codes, at least 1.
            seed: of the codes.

        Raises:
            SettingError: if an argument is out of its range.
        """
        if turns < rooms:
            raise SettingError(f"turns must be at least rooms, got {turns} turns for {rooms} rooms")
        self.rooms, self.vocabulary, self.turn_length = rooms, vocabulary, TURN
        self.length = TURN * turns
        self.context_sizes = (rooms + 1, vocabulary + 1, vocabulary + 1, vocabulary + 1)
        codes = torch.randint(1, vocabulary**2, (prompts, rooms), generator=torch.Generator().manual_seed(seed))
        self.prompts = torch.stack([codes // vocabulary, codes % vocabulary], 2).flatten(1)
        self.names = tuple(str(token) for token in range(vocabulary))
        firsts = torch.full((vocabulary + 1, vocabulary + 1), vocabulary)  # after a first token and the one behind it
        firsts[vocabulary, :] = firsts[:, vocabulary] = torch.arange(
            vocabulary + 1
        )  # V: a turn begins; nothing written
        self.firsts = firsts
        pairs = torch.cartesian_prod(torch.arange(self._base), torch.arange(self._base))  # of code (V + 1) a + b
        hidden = torch.full_like(pairs, vocabulary)
        self.digits = torch.stack([hidden, pairs], 1).view(-1, TURN).T.contiguous()  # of a code, hidden and shown
        self._define_spaces()

    def to(self, device: Any) -> "KeyDoor":
        """Returns the same rules with prompts and tables on a device."""
        moved = copy.copy(self)
        for name in ("prompts", "firsts", "digits"):
            setattr(moved, name, getattr(self, name).to(device))
        return moved

    def compiled(self) -> "CompiledKeyDoor":
        """Returns the same rules for a CPU."""
        from mdpzoo_token.environments.compiled_tasks import CompiledKeyDoor

        return CompiledKeyDoor(self)

    def pose(self, prompt: Tensor) -> KeyDoorState:
        """Returns the states of ``[B, 2 N]`` codes in the first room."""
        start = super().pose(prompt)
        nothing = torch.zeros_like(start.step)
        codes = prompt[:, ::TURN] * self._base + prompt[:, 1::TURN]
        codes = torch.cat([codes, torch.full_like(codes[:, :1], -1)], 1)
        first = torch.full_like(nothing, self.vocabulary)
        return KeyDoorState(
            start.prompt, start.tokens, start.step, nothing, codes, codes[:, 0].clone(), first, nothing.bool()
        )

    def step(self, state: KeyDoorState, action: Tensor, draws: Tensor) -> Outcome:
        """Writes ``[B]`` tokens; every second one ends a turn."""
        token, illegal = self.legal(action)
        turn = state.first * self._base + token  # no code with a turn's first token or an illegal one: those hold a V
        opens, asks = turn == state.code, turn == 0
        room = state.room + opens
        after = self.written(state, token)._replace(
            room=room,
            code=state.codes.gather(1, room[:, None])[:, 0],
            first=self.firsts.take(turn),
            shown=(state.shown | asks) & ~opens,
        )
        won = room >= self.rooms
        return Outcome(after, won.double(), won | illegal | (after.step >= self.length), illegal)

    @property
    def _base(self) -> int:
        """The factor of the first token in a code."""
        return self.vocabulary + 1

    def context(self, state: KeyDoorState) -> Tensor:
        """Returns the room, its code if shown (else V, V), and the turn's first token (V at its beginning)."""
        entry = 2 * state.code + state.shown
        return torch.stack([state.room, self.digits[0].take(entry), self.digits[1].take(entry), state.first], 1)

    def reveal(self, state: KeyDoorState) -> Mapping[str, Tensor]:
        """Returns the usual facts and the hidden ``codes`` ``[B, 2 N]``."""
        return {**super().reveal(state), "codes": state.prompt}

    def succeeded(self, state: KeyDoorState) -> Tensor:
        """Whether all doors are open, ``[B]`` bool."""
        return state.room >= self.rooms

    def verify(self, prompt: Tensor, tokens: Tensor) -> Tensor:
        """Plays sequences ``[B, L]`` again; blanks end them."""
        state = self.pose(prompt)
        running = torch.ones(len(prompt), dtype=torch.bool, device=prompt.device)
        won = torch.zeros_like(running)
        for token in tokens.unbind(1):
            running = running & (token < self.vocabulary)
            outcome = self.step(state, token.clamp(max=self.vocabulary - 1), prompt)
            won = won | (running & (outcome.reward > 0))
            state = outcome.state
            running = running & ~outcome.terminated
        return won

    def demonstrate(self, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Draws sequences of a clumsy script: in each turn it asks, types the shown code, or types anything."""
        prompt = self.prompts[torch.randint(len(self.prompts), (count,), generator=generator)]
        state, tokens = self.pose(prompt), []
        for position in range(self.length):
            if position % TURN == 0:
                whim = torch.rand(count, generator=generator)
                anything = torch.randint(self.vocabulary, (count, TURN), generator=generator)
                here = state.room.clamp(max=self.rooms - 1)[:, None] * TURN + torch.arange(TURN)
                copied = torch.where(state.shown[:, None], prompt.gather(1, here), anything)
                plan = torch.where((whim < 0.3)[:, None], 0, torch.where((whim < 0.5)[:, None], copied, anything))
            tokens.append(plan[:, position % TURN])
            state = self.step(state, tokens[-1], prompt).state
        return prompt, torch.stack(tokens, 1)
