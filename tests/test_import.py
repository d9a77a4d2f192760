"""What ``import mdpzoo`` costs and promises."""

import os
import resource
import subprocess
import sys

LIST = "import mdpzoo; assert list(mdpzoo.environments()); assert list(mdpzoo.agents())"


def cpu_seconds(code: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code], check=True, env=os.environ)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_listing_every_id_imports_neither_torch_nor_sb3():
    heavy = "{'torch', 'stable_baselines3', 'sb3_contrib', 'numba', 'matplotlib'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", f"import sys; {LIST}; assert not {heavy}, {heavy}"], check=True)


def test_listing_every_id_stays_within_its_budget():
    # 0.35 CPU-seconds over a bare interpreter; the least of many tries is what it costs on an undisturbed machine
    bare = min(cpu_seconds("pass") for _ in range(5))
    costs: list[float] = []
    while len(costs) < 20 and (not costs or min(costs) >= 0.35):
        costs.append(cpu_seconds(LIST) - bare)
    assert min(costs) < 0.35


def test_every_public_name_is_there():
    import mdpzoo

    wanted = "environments agents plugins make make_vec make_sb3 make_parallel make_aec seat make_agent load_agent"
    assert set(wanted.split()) == set(mdpzoo.__all__)
    assert all(callable(getattr(mdpzoo, name)) for name in mdpzoo.__all__)
