"""Whatever is asked of the engine, in any order: nothing is made or lost, and a refusal changes nothing."""

from tests.fuzz.engine_run import Run
from tests.fuzz.engine_steps import sequences
from tests.fuzz.rounds import run_rounds


def perform(sequence):
    run = Run()
    for wait_ms, step in sequence:
        run.step(wait_ms, step)
    return run


def check(sequence):
    first = perform(sequence)

    assert repr(perform(sequence).history) == repr(first.history), "the same steps, another run"


def test_any_sequence_of_steps_keeps_the_books():
    run_rounds(check, sequences, share=0.2, examples=120)
