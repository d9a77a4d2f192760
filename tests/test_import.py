"""What ``import mdpzoo`` costs and promises."""

import subprocess
import sys

LIST = "import mdpzoo; assert list(mdpzoo.environments()); assert list(mdpzoo.agents())"


def test_listing_every_id_imports_neither_torch_nor_sb3():
    heavy = "{'torch', 'stable_baselines3', 'sb3_contrib', 'numba', 'matplotlib'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", f"import sys; {LIST}; assert not {heavy}, {heavy}"], check=True)


def test_listing_every_id_imports_third_parties_once_and_few_modules_of_its_own():
    """What the listing costs beyond these packages; its CPU-seconds are in benchmarks/startup.py."""
    code = (
        "import sys, gymnasium, pettingzoo, pluggy\n"
        "third = {name.partition('.')[0] for name in sys.modules} | sys.stdlib_module_names\n"
        f"{LIST}\n"
        "own = [name for name in sys.modules if name.startswith('mdpzoo')]\n"
        "others = {name.partition('.')[0] for name in sys.modules} - third\n"
        "assert all(name.startswith('mdpzoo') for name in others), others\n"
        "assert len(own) <= 42, own"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_every_public_name_is_there():
    import mdpzoo

    wanted = "environments agents plugins make make_vec make_sb3 make_parallel make_aec seat make_agent load_agent"
    assert set(wanted.split()) == set(mdpzoo.__all__)
    assert all(callable(getattr(mdpzoo, name)) for name in mdpzoo.__all__)
