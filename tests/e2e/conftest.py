"""Lets the shared assertions of this folder explain themselves."""

import pytest

pytest.register_assert_rewrite("tests.e2e.agreement")
