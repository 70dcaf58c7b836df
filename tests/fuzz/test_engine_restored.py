"""An engine that is taken back from what the store kept goes on exactly as if it had never ended."""

from copy import deepcopy

from hypothesis import strategies as st

from botcore.matching.engine import Engine
from botexchange.storage.rows import ORDER
from tests.fuzz.engine_run import Run
from tests.fuzz.engine_steps import INSTRUMENTS, sequences
from tests.fuzz.rounds import run_rounds


def perform(sequence, restarts):
    run = Run()
    for number, (wait_ms, step) in enumerate(sequence):
        if number in restarts:
            run.engine = restored(run)
        run.step(wait_ms, step)
    return run


def restored(run):
    """Make an engine of what is stored, in the market as it stands."""
    open_lists = {one.list_id for one in run.known.values() if one.is_open and one.list_id >= 0}
    kept = [one for one in run.known.values() if one.is_open or one.list_id in open_lists]
    engine = Engine(INSTRUMENTS, sequence=run.engine.drain().sequence)
    engine.restore(
        deepcopy(list(run.engine.accounts.values())),
        [ORDER.validate_json(ORDER.dump_json(one, exclude_defaults=True)) for one in kept],
    )
    engine.markets.update(deepcopy(run.engine.markets))
    return engine


def check(sequence, restarts):
    history = perform(sequence, frozenset()).history

    assert repr(perform(sequence, restarts).history) == repr(history), "a restart changed the run"


def test_restart_after_any_step_changes_nothing_of_what_follows():
    restarts = st.frozensets(st.integers(0, 30), min_size=1)
    run_rounds(check, sequences, restarts, share=0.1, examples=60)
