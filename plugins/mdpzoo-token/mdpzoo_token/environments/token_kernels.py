"""Compiled steps and observations of the token tasks: one pass over the rows, states changed in place.

The arrays of a step are the fields of the task's state, the ``[B]`` actions, the rows that are ``asleep``, and the
results to fill: ``reward``, ``terminated`` and ``illegal``. They implement the tasks' ``step`` on tensors.
"""

from mdpzoo.compiling import compiled, inlined


@inlined
def _begin(row, vocabulary, action, asleep, reward, terminated, illegal):  # type: ignore[no-untyped-def]
    """Clears a row's results; returns whether it writes its token. An illegal action ends the row."""
    wrong = action[row] < 0 or action[row] >= vocabulary
    reward[row], terminated[row] = 0.0, wrong and not asleep[row]
    illegal[row] = terminated[row]
    return not (asleep[row] or wrong)


@inlined
def _write(row, tokens, step, token):  # type: ignore[no-untyped-def]
    """Writes a token at a row's next position; returns whether the row is complete."""
    last = tokens.shape[1] - 1
    tokens[row, min(step[row], last)] = token
    step[row] += 1
    return step[row] > last


@compiled
def write(vocabulary, prompt, tokens, step, action, asleep, reward, terminated, illegal):  # type: ignore[no-untyped-def]
    """Writes tokens; returns the number of complete rows, whose rewards are left to the caller."""
    complete = 0
    for row in range(len(step)):
        if _begin(row, vocabulary, action, asleep, reward, terminated, illegal) and _write(
            row, tokens, step, action[row]
        ):
            terminated[row] = True
            complete += 1
    return complete


@compiled
def write_sums(  # type: ignore[no-untyped-def]
    vocabulary, turn, added, junk, prompt, tokens, step, total, shown, action, asleep, reward, terminated, illegal
):
    """Steps ``SumTarget``: ``turn`` tokens a turn, ``added [V + 1]`` by each token."""
    for row in range(len(step)):
        if not _begin(row, vocabulary, action, asleep, reward, terminated, illegal):
            continue
        terminated[row] = _write(row, tokens, step, action[row])
        total[row] += added[action[row]]
        if step[row] % turn == 0:
            shown[row] = total[row] % junk
        reward[row] = terminated[row] and total[row] == prompt[row, 0]


@compiled
def write_expressions(  # type: ignore[no-untyped-def]
    vocabulary, successors, leaf, values, prompt, tokens, step, place, node, action, asleep, reward, terminated, illegal
):
    """Steps ``Countdown`` by its tables; ``place`` is the row of the table of values."""
    target = prompt.shape[1] - 1
    for row in range(len(step)):
        if not _begin(row, vocabulary, action, asleep, reward, terminated, illegal):
            continue
        terminated[row] = _write(row, tokens, step, action[row])
        node[row] = successors[node[row], action[row]]
        reward[row] = values[place[row], leaf[node[row]]] == prompt[row, target]


@compiled
def write_codes(  # type: ignore[no-untyped-def]
    vocabulary,
    prompt,
    tokens,
    step,
    room,
    codes,
    code,
    first,
    shown,
    action,
    asleep,
    reward,
    terminated,
    illegal,
):
    """Steps ``KeyDoor``."""
    rooms = codes.shape[1] - 1
    for row in range(len(step)):
        if not _begin(row, vocabulary, action, asleep, reward, terminated, illegal):
            continue
        terminated[row] = _write(row, tokens, step, action[row])
        turn = first[row] * (vocabulary + 1) + action[row]
        if turn == code[row]:
            room[row] = min(room[row] + 1, rooms)
            code[row], shown[row] = codes[row, room[row]], False
            if room[row] == rooms:
                reward[row], terminated[row] = 1.0, True
        elif turn == 0:
            shown[row] = True
        first[row] = action[row] if first[row] == vocabulary else vocabulary


@compiled
def observe_prompts(prompt, tokens, seen):  # type: ignore[no-untyped-def]
    """Fills ``[B, P + L]`` observations with the prompt and the tokens."""
    width = prompt.shape[1]
    for row in range(len(seen)):
        for place in range(width):
            seen[row, place] = prompt[row, place]
        for place in range(tokens.shape[1]):
            seen[row, width + place] = tokens[row, place]


@compiled
def observe_sums(highest, prompt, tokens, shown, seen):  # type: ignore[no-untyped-def]
    """Fills ``[B, 2 + L]`` observations with the target, the remainder (plus ``highest``) and the tokens."""
    for row in range(len(seen)):
        seen[row, 0], seen[row, 1] = prompt[row, 0], prompt[row, 0] - shown[row] + highest
        for place in range(tokens.shape[1]):
            seen[row, 2 + place] = tokens[row, place]


@compiled
def observe_codes(vocabulary, tokens, room, code, first, shown, seen):  # type: ignore[no-untyped-def]
    """Fills ``[B, 4 + L]`` observations with the room, its code where shown, the turn's first token and the tokens."""
    for row in range(len(seen)):
        seen[row, 0], seen[row, 1], seen[row, 2], seen[row, 3] = room[row], vocabulary, vocabulary, first[row]
        if shown[row]:
            seen[row, 1], seen[row, 2] = code[row] // (vocabulary + 1), code[row] % (vocabulary + 1)
        for place in range(tokens.shape[1]):
            seen[row, 4 + place] = tokens[row, place]
