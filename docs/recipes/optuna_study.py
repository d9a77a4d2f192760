"""Optuna: a study of your own over settings of an agent and an environment of the zoo.

``mdpzoo tune`` is the ready-made form of this, with a journal on disk, pruning and several processes. Write a study of
your own where the objective is not the mean return: here it is the worst of three seeds.

    python optuna_study.py
"""

# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "mdpzoo", "mdpzoo-example", "mdpzoo-sb3", "optuna==5.0.0", "stable-baselines3==2.9.2", "torch==2.13.0",
# ]
# ///

import optuna
import torch

import mdpzoo
from mdpzoo.experiments.evaluation import evaluate

ENVIRONMENT, STEPS, TRIALS = "mdpzoo/RiverSwim-v0", 5_000, 20


def worst_return(settings: dict[str, float], seeds: range) -> float:
    """The lowest mean return over training seeds."""
    found = []
    for seed in seeds:
        envs = mdpzoo.make_sb3(ENVIRONMENT, 8)
        agent = mdpzoo.make_agent("q-learning", envs, seed=seed, **settings)
        agent.learn(STEPS)
        envs.seed(1_000)  # the same episodes for all
        found.append(float(evaluate(agent, envs, 16).returns.mean()))
    return min(found)


def objective(trial: optuna.Trial) -> float:
    """One trial."""
    settings = {
        "learning_rate": trial.suggest_float("learning_rate", 0.01, 1.0, log=True),
        "discount": trial.suggest_float("discount", 0.9, 0.999),
        "initial_value": trial.suggest_float("initial_value", 0.1, 100.0, log=True),
    }
    return worst_return(settings, range(3))


def main() -> None:
    """Searches, then compares the best settings with the defaults on seeds that the search has not seen."""
    torch.set_num_threads(1)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=0))
    study.optimize(objective, n_trials=TRIALS)
    print("best settings:", {name: round(value, 3) for name, value in study.best_params.items()})
    default, tuned = worst_return({}, range(10, 15)), worst_return(study.best_params, range(10, 15))
    print(f"worst return on five new seeds, by default and tuned: {default:.1f}, {tuned:.1f}")
    if not tuned > default:
        raise SystemExit("nothing was found")


if __name__ == "__main__":
    main()
